"""Invented people whom no wave has taken: registering, waiting, not selected."""

from __future__ import annotations

from bot.account_api.situations import (
    Person,
    before,
    not_selected,
    reasoned,
    situation,
)

APPLICANTS: tuple[Person, ...] = (
    Person(
        "eko",
        "Eko Prasetyo",
        "+6281200000017",
        "Baru daftar, data diri belum lengkap.",
        before("registering", "incomplete", "data_incomplete"),
    ),
    Person(
        "putri",
        "Putri Maharani",
        "+6281200000018",
        "Baru daftar, email belum diverifikasi.",
        before("registering", "incomplete", "email_unverified"),
    ),
    Person(
        "dimas",
        "Dimas Nugroho",
        "+6281200000019",
        "Baru daftar, nomor HP belum diverifikasi.",
        before("registering", "incomplete", "phone_unverified"),
    ),
    Person("sari", "Sari Puspita", "+6281200000020", "Data dirinya sedang dicek.", before("verifying", "checking")),
    Person(
        "tika",
        "Kartika Dewanti",
        "+6281200000021",
        "Verifikasi gagal: wajah tidak cocok.",
        before("verification_failed", "failed", "face_mismatch"),
    ),
    Person(
        "mega", "Mega Silvia", "+6281200000022", "Terverifikasi, belum gabung gelombang.", situation("ready_to_join")
    ),
    Person(
        "fajar",
        "Fajar Ramadhan",
        "+6281200000023",
        "Sudah gabung gelombang 71, belum diumumkan.",
        situation("in_selection", selection={"state": "joined", "wave": 71}),
    ),
    Person(
        "intan",
        "Intan Permatasari",
        "+6281200000024",
        "Gelombang 71 sudah ditutup, seleksinya sedang berjalan.",
        situation("in_selection", selection={"state": "being_processed", "wave": 71, "announced_on": 4}),
    ),
    Person("yanto", "Yanto Supriyadi", "+6281200000025", "Tidak lolos: kuota penuh.", not_selected("quota")),
    Person(
        "nurul",
        "Nurul Hidayah",
        "+6281200000026",
        "Tidak lolos: NIK atau nama tidak cocok dengan Dukcapil.",
        not_selected("id_mismatch", registration=reasoned("failed", "id_mismatch")),
    ),
    Person(
        "galih",
        "Galih Saputra",
        "+6281200000027",
        "Tidak lolos: foto KTP tidak terbaca.",
        not_selected("photo_unreadable", registration=reasoned("failed", "photo_unreadable")),
    ),
    Person(
        "ratna",
        "Ratna Sulastri",
        "+6281200000028",
        "Tidak lolos: termasuk kelompok yang tidak boleh ikut.",
        not_selected("excluded_group"),
    ),
    Person(
        "joko",
        "Joko Purnomo",
        "+6281200000029",
        "Tidak lolos: sudah pernah jadi penerima.",
        not_selected("already_recipient", wave=68),
    ),
    Person(
        "ani",
        "Ani Suryani",
        "+6281200000030",
        "Tidak lolos: satu KK sudah dua penerima. Nomor HP-nya sama dengan Asep.",
        not_selected("household_limit"),
    ),
)
