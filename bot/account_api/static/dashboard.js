// Buttons and switches of the dashboard: each posts JSON, then shows the link or the page anew.
"use strict";

const problem = document.getElementById("problem");
let clock = 0;

async function post(path, body) {
  problem.hidden = true;
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) return answer.status === 204 ? {} : await answer.json();
  } catch (error) {
    console.warn(error);
  }
  problem.textContent = "Belum berhasil, Kak. Pastikan servernya jalan, lalu coba lagi.";
  problem.hidden = false;
  return null;
}

function show(lead) {
  const address = document.getElementById("address");
  address.parentElement.hidden = !lead.url;
  address.textContent = lead.url;
  if (lead.url) address.href = lead.url;
  document.getElementById("instead").textContent = lead.url ? "Atau kirim teks ini ke asisten:" : "Kirim teks ini ke asisten:";
  document.getElementById("text").textContent = lead.text;
  document.getElementById("copy").textContent = "Salin";
  document.getElementById("made").hidden = false;
  countDown(Date.now() + lead.seconds * 1000);
}

function countDown(end) {
  clearInterval(clock);
  const left = document.getElementById("left");
  const tick = () => {
    const seconds = Math.max(0, Math.round((end - Date.now()) / 1000));
    left.textContent = seconds
      ? `Berlaku ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} lagi`
      : "Sudah tidak berlaku, buat yang baru, ya.";
    if (!seconds) clearInterval(clock);
  };
  tick();
  clock = setInterval(tick, 1000);
}

async function copy(button) {
  const address = document.getElementById("address");
  const text = address.textContent || document.getElementById("text").textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Tersalin";
  } catch (error) {
    // Without the clipboard's permission the text is at least selected.
    getSelection().selectAllChildren(address.textContent ? address : document.getElementById("text"));
    button.textContent = "Tekan lama untuk menyalin";
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.id === "copy") return copy(button);
  button.disabled = true;
  if (button.dataset.link) {
    const lead = await post(button.dataset.post, { channel: button.dataset.link });
    if (lead) show(lead);
  } else if (button.dataset.end) {
    if (await post(button.dataset.end, {})) location.reload();
  } else if (button.dataset.like) {
    if (await post(button.dataset.like + document.getElementById("like").value, {})) location.reload();
  }
  button.disabled = false;
});

document.addEventListener("change", (event) => {
  const path = event.target.dataset.switch;
  if (path) post(path, { mode: event.target.value });
});
