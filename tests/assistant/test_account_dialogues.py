"""Dialogues about the person's own account, as people have them."""

from __future__ import annotations

import pytest

from tests.assistant.accounts_world import Town


class TestLinking:
    async def test_from_the_first_question_to_its_answer(self, town: Town) -> None:
        lina = town.telegram("lina")
        await lina.says("cek status insentif saya dong")
        lina.sees("perlu dihubungkan dulu", "tidak pernah meminta NIK, KK, OTP, kata sandi, atau nama ibu kandung")
        await lina.presses("Hubungkan akun")
        lina.sees("Hubungkan Telegram", "10 menit", "sekali pakai")
        await lina.opens(town.server.token("lina"))
        lina.sees("akun Li** H****** sudah terhubung", "Insentif pelatihan Rp600.000: gagal cair", "KYC")
        lina.misses("Sertifikat", "Saldo")

    async def test_general_question_offers_to_look_and_becomes_personal(self, town: Town) -> None:
        lina = town.telegram("lina")
        await lina.says("min insentif gw kok blm cair y")
        lina.sees("Sumber: ")
        await lina.presses("Cek status saya")
        lina.sees("perlu dihubungkan dulu")
        await lina.opens(town.server.token("lina"))
        lina.sees("gagal cair")
        await lina.says("min insentif gw kok blm cair y")
        lina.sees("gagal cair", "Langkah berikutnya: upgrade OVO")
        await lina.presses("Insentif belum cair")
        lina.sees("Sumber: ")
        lina.misses("Rp600.000: gagal")

    async def test_question_in_the_middle_is_answered_and_the_flow_goes_on(self, town: Town) -> None:
        ani = town.telegram("siti")
        await ani.says("hubungkan akun prakerja saya")
        await ani.says("kapan gelombang 72 dibuka?")
        ani.sees("Belum ada gelombang baru", "Penghubungan akun masih saya tunggu", '"batal"')
        assert len(ani.posts) <= 2
        await ani.says("lupa password")
        ani.sees("Lupa Password")
        ani.misses("masih saya tunggu")
        await ani.opens(town.server.token("siti"))
        ani.sees("sudah terhubung")

    @pytest.mark.parametrize("words", ["batal", "gak jadi", "/batal", "tidak"])
    async def test_batal_ends_it(self, town: Town, words: str) -> None:
        ani = town.telegram("siti")
        await ani.says("hubungkan akun prakerja saya")
        await ani.says(words)
        ani.sees("tidak jadi dihubungkan")
        await ani.says("lupa password")
        ani.misses("masih saya tunggu")

    async def test_link_that_was_typed_or_pasted_works_and_is_not_kept(self, town: Town) -> None:
        token = town.server.token("siti", "web")
        ani = town.web("ani")
        await ani.says(f"HUBUNGKAN {token}")
        ani.sees("akun Si** R****** sudah terhubung")
        assert token.encode() not in (ani.state or b"")
        await ani.says("cek status saya")
        ani.sees("Akun Si** R******")

    async def test_pressing_the_same_link_twice_is_no_mistake(self, town: Town) -> None:
        siti, token = town.telegram("siti"), town.server.token("siti")
        await siti.opens(token)
        await siti.opens(token)
        siti.sees("sudah terhubung ke akun Si** R******")
        siti.is_offered("Cek status saya")

    async def test_another_account_asks_first(self, town: Town) -> None:
        siti = await town.linked("siti")
        await siti.opens(town.server.token("budi"))
        siti.sees("sudah terhubung ke akun Si** R******. Ganti ke akun dari tautan tadi?")
        await siti.says("kapan gelombang 72 dibuka?")
        siti.sees("Belum ada gelombang baru", "Ganti ke akun dari tautan tadi?")
        assert siti.buttons == ["Ya, ganti", "Tidak"]
        await siti.picks(2)
        siti.sees("Akun Si** R****** tetap terhubung")
        await siti.opens(town.server.token("budi"))
        await siti.presses("Ya, ganti")
        siti.sees("akun Bu** S****** sudah terhubung")

    async def test_cancelling_the_change_keeps_the_old_account(self, town: Town) -> None:
        siti = await town.linked("siti")
        await siti.opens(town.server.token("budi"))
        await siti.says("batal")
        await siti.says("cek status saya")
        siti.sees("Akun Si** R******")

    async def test_who_is_linked_and_wants_to_link_hears_so(self, town: Town) -> None:
        siti = await town.linked("siti")
        await siti.says("hubungkan akun prakerja saya")
        siti.sees("sudah terhubung ke akun Si** R******")

    async def test_consent_does_not_outlive_the_account_that_it_was_asked_for(self, town: Town) -> None:
        siti = await town.linked("siti")
        await siti.opens(town.server.token("budi"))
        siti.sees("Ganti ke akun dari tautan tadi?")
        town.server.end_all("siti")
        await town.cache_expires()
        await siti.says("cek status saya")
        siti.sees("sudah berakhir")
        siti.misses("Berhasil", "Bu**")
        await siti.says("ya")
        siti.misses("Berhasil", "Bu**")

    async def test_asking_again_how_to_link_explains_again(self, town: Town) -> None:
        ani = town.web("ani")
        for _ in range(3):
            await ani.says("hubungkan akun prakerja saya")
            ani.sees("Hubungkan chat web", "10 menit")

    @pytest.mark.parametrize("words", ["ok", "udah", "Belum berhasil"])
    async def test_who_is_stuck_is_helped_along(self, town: Town, words: str) -> None:
        ani = town.web("ani")
        await ani.says("hubungkan akun prakerja saya")
        await ani.says(words)
        ani.sees("Tautannya belum sampai ke sini")

    async def test_yes_to_the_offer_begins(self, town: Town) -> None:
        ani = town.web("ani")
        await ani.says("cek status saya")
        await ani.says("iya mau")
        ani.sees("Caranya, Kak")

    @pytest.mark.parametrize(
        "words",
        ["cek status istri saya", "insentif suami saya udah cair blm", "status punya teman saya nomor 081234567890"],
    )
    async def test_somebody_elses_status_is_not_answered_with_the_own_one(self, town: Town, words: str) -> None:
        lina = await town.linked("lina")
        await lina.says(words)
        lina.sees("Saya hanya bisa melihat akun yang terhubung ke chat ini")
        lina.misses("Rp600.000", "Li**")

    async def test_general_question_of_somebody_linked_stays_general(self, town: Town) -> None:
        lina = await town.linked("lina")
        for words in ("insentif cair berapa hari setelah ulasan", "kapan insentif cair"):
            await lina.says(words)
            lina.sees("Sumber: ")
            lina.misses("Rp600.000: gagal")
            lina.is_offered("Cek status saya")

    async def test_answer_that_only_offers_the_status_stays_general_for_everybody(self, town: Town) -> None:
        for person in (await town.linked("lina"), town.web("ani")):
            await person.says("saya lupa email yang dipakai daftar prakerja")
            person.sees("Sumber: ")
            person.misses("Rp600.000", "Li**")
            person.is_offered("Cek status saya")

    @pytest.mark.parametrize(
        "words",
        [
            "kapan insentif cair? katanya lewat https://prakerja-cair.vip/klaim",
            "lupa email, bisa dicek di prakerja72.vip ya",
        ],
    )
    async def test_false_site_is_called_so_in_answers_that_offer_the_status(self, town: Town, words: str) -> None:
        ani = town.web("ani")
        await ani.says(words)
        assert ani.reply.startswith("Hati-hati Kak, alamat yang Kakak tulis bukan prakerja.go.id")
        ani.sees("Sumber: ")

    async def test_who_needs_a_person_is_offered_one(self, town: Town) -> None:
        ani = town.web("ani")
        await ani.says("ada yang pakai akun saya tanpa izin, langkah pertama apa")
        ani.sees("Sumber: ")
        ani.is_offered("Bicara dengan orang", "Cek status saya")

    async def test_own_status_and_a_general_question_in_one_message(self, town: Town) -> None:
        lina = await town.linked("lina")
        await lina.says("status insentif saya gimana? gelombang 72 kapan dibuka?")
        lina.sees("gagal cair", "Belum ada gelombang baru")
        assert len(lina.posts) == 1


class TestNumber:
    async def test_whatsapp_number_opens_the_stage_and_nothing_else(self, town: Town) -> None:
        lina = town.whatsapp("+6281200000010")
        await lina.says("status insentif saya gimana")
        lina.is_offered("Pakai nomor ini")
        await lina.presses("Pakai nomor ini")
        lina.sees("Tahap: insentif gagal cair", "dihubungkan lewat dashboard")
        lina.misses("Li**", "Rp", "OVO", "KYC", "•")

    async def test_number_is_not_looked_up_unasked(self, town: Town) -> None:
        lina = town.whatsapp("+6281200000010")
        await lina.says("status insentif saya gimana")
        lina.misses("Tahap")

    async def test_telegram_number_is_shared_by_its_button(self, town: Town) -> None:
        lina = town.telegram("lina")
        await lina.says("hubungkan akun prakerja saya")
        assert [post.request_contact for post in lina.posts] == [True]
        await lina.shares("+6281200000010")
        lina.sees("Tahap: insentif gagal cair")

    async def test_somebody_elses_card_is_not_used(self, town: Town) -> None:
        ani = town.telegram("ani")
        await ani.says("hubungkan akun prakerja saya")
        await ani.shares("")
        ani.sees("nomor Kakak sendiri")
        await ani.says("cek status saya")
        ani.misses("Tahap")

    async def test_number_that_nobody_or_several_have(self, town: Town) -> None:
        for phone in ("+6289999999999", "+6281200000030"):
            somebody = town.whatsapp(phone)
            await somebody.says("cek status saya")
            await somebody.presses("Pakai nomor ini")
            somebody.sees("Belum ada akun Prakerja yang bisa saya temukan dengan nomor ini")

    async def test_link_raises_the_level(self, town: Town) -> None:
        lina = town.whatsapp("+6281200000010")
        await lina.says("cek status saya")
        await lina.presses("Pakai nomor ini")
        await lina.says(f"HUBUNGKAN {town.server.token('lina', 'whatsapp')}")
        lina.sees("akun Li** H****** sudah terhubung")
        await lina.says("insentif saya gimana statusnya")
        lina.sees("Rp600.000")

    async def test_web_chat_offers_the_link_only(self, town: Town) -> None:
        ani = town.web("ani")
        await ani.says("cek status saya")
        assert ani.buttons == ["Hubungkan akun"]
        await ani.presses("Hubungkan akun")
        ani.misses("nomor HP")
        assert [post.request_contact for post in ani.posts] == [False]


class TestLettingGo:
    async def test_unlink(self, town: Town) -> None:
        siti = await town.linked("siti")
        await siti.says("putuskan akun")
        siti.sees("Sudah diputus")
        await siti.says("cek status saya")
        siti.sees("perlu dihubungkan dulu")
        await siti.says("putuskan akun")
        siti.sees("belum ada akun yang terhubung")

    async def test_what_only_sounds_like_it_is_asked_about_first(self, town: Town) -> None:
        siti = await town.linked("siti")
        for words in (
            "kok akun gw keputus",
            "cara memutus akun dari chat ini gimana",
            "siapa yang menghubungkan akun saya",
        ):
            await siti.says(words)
            siti.misses("Sudah diputus", "Semua chat sudah diputus")
            await siti.says("cek status saya")
            siti.sees("Akun Si** R******")
        await siti.says("tolong putusin sambungan akun saya dari chat ini dong")
        siti.sees("Akun Si** R****** terhubung ke chat ini", "Mau diputus?")
        await siti.says("iya")
        siti.sees("Sudah diputus")

    async def test_objection_in_words_is_asked_about_first(self, town: Town) -> None:
        siti = await town.linked("siti")
        await siti.says("bukan saya yang menghubungkan akun")
        siti.sees("Putuskan semua?")
        await siti.says("gak")
        await siti.says("cek status saya")
        siti.sees("Akun Si** R******")

    async def test_erasing_lets_go_too(self, town: Town) -> None:
        siti = await town.linked("siti")
        await siti.says("/hapus")
        siti.sees("sudah dihapus", "sambungan ke akun Prakerja")
        await siti.says("cek status saya")
        siti.sees("perlu dihubungkan dulu")

    async def test_ended_in_the_dashboard(self, town: Town) -> None:
        siti = await town.linked("siti")
        await siti.says("cek status saya")
        town.server.end_all("siti")
        await town.cache_expires()
        await siti.says("cek status saya")
        siti.sees("sudah berakhir atau diputus dari dashboard")
        siti.is_offered("Hubungkan akun")

    async def test_old_chat_of_the_same_kind_hears_of_its_end_and_can_object(self, town: Town) -> None:
        old = await town.linked("siti")
        new = town.telegram("siti-hp-baru")
        await new.opens(town.server.token("siti"))
        assert len(await town.post()) == 1
        old.sees("baru saja dihubungkan ke chat lain (Telegram)", "tidak terhubung lagi", "WIB")
        await old.says("cek status saya")
        old.sees("perlu dihubungkan dulu")
        await old.says("bukan saya yang hubungin")
        await old.presses("Ya, putuskan semua")
        old.sees("Semua chat sudah diputus", "ganti kata sandi")
        await new.says("cek status saya")
        new.misses("Akun Si**")

    async def test_chat_of_another_kind_stays_linked_and_hears_of_it(self, town: Town) -> None:
        telegram = await town.linked("siti")
        whatsapp = town.whatsapp("+6281200000001")
        await whatsapp.says(f"HUBUNGKAN {town.server.token('siti', 'whatsapp')}")
        await town.post()
        telegram.sees("baru saja dihubungkan ke chat lain (WhatsApp)")
        telegram.misses("tidak terhubung lagi")
        await telegram.presses("Ya, itu saya")
        await telegram.says("cek status saya")
        telegram.sees("Akun Si** R******")

    async def test_short_no_to_the_notice_is_an_objection(self, town: Town) -> None:
        old = await town.linked("siti")
        await town.telegram("pencuri").opens(town.server.token("siti"))
        await town.post()
        await old.says("bukan")
        old.sees("Semua chat sudah diputus")

    async def test_objecting_without_any_link(self, town: Town) -> None:
        ani = town.web("ani")
        await ani.says("bukan saya yang menghubungkan akun")
        ani.sees("tidak ada sambungan akun yang bisa diputus")


class TestBackendDown:
    async def test_question_is_kept_and_answered_when_it_is_back(self, town: Town) -> None:
        lina = await town.linked("lina")
        await town.goes_down()
        await lina.says("insentif saya udah cair belum?")
        lina.sees("sedang tidak bisa dihubungi", "Pertanyaannya saya simpan")
        await lina.presses("Kabari kalau pulih")
        lina.sees("Begitu layanannya pulih")
        await lina.waits_for_promise(100)
        assert lina.posts == ()  # not a word while there is nothing to say
        await town.comes_back()
        await lina.waits_for_promise(400)
        lina.sees("sudah bisa lagi", "Insentif pelatihan Rp600.000: gagal cair")
        assert lina.promise is None

    @pytest.mark.parametrize("yes", ["iya mau", "👍", "1"])
    async def test_promise_is_made_by_a_short_yes(self, town: Town, yes: str) -> None:
        lina = await town.linked("lina")
        await town.goes_down()
        await lina.says("cek status saya")
        await lina.says(yes)
        lina.sees("Begitu layanannya pulih")

    async def test_general_answer_is_given_meanwhile(self, town: Town) -> None:
        lina = await town.linked("lina")
        await town.goes_down()
        await lina.says("min insentif gw kok blm cair y")
        lina.sees("Sumber: ", "sedang tidak bisa dihubungi")
        lina.is_offered("Kabari kalau pulih", "Bicara dengan orang")

    async def test_nothing_is_promised_where_nothing_can_be_said_later(self, town: Town) -> None:
        lina = town.rest("lina")
        await lina.opens(town.server.token("lina"))
        await town.goes_down()
        await lina.says("min insentif gw kok blm cair y")
        lina.sees("Tanyakan lagi", "Sumber: ")
        lina.is_offered("Coba lagi", "Bicara dengan orang")
        await town.comes_back()
        await lina.presses("Coba lagi")
        lina.sees("Insentif pelatihan Rp600.000: gagal cair")

    async def test_promise_is_given_up_after_a_day_and_says_so(self, town: Town) -> None:
        lina = await town.linked("lina")
        await town.goes_down()
        await lina.says("cek status saya")
        await lina.presses("Kabari kalau pulih")
        await lina.waits_for_promise(26 * 3600)
        lina.sees("berhenti mencoba")
        assert lina.promise is None

    async def test_batal_takes_the_promise_back(self, town: Town) -> None:
        lina = await town.linked("lina")
        await town.goes_down()
        await lina.says("cek status saya")
        await lina.presses("Kabari kalau pulih")
        await lina.says("batal")
        lina.sees("batalkan")
        assert lina.promise is None

    async def test_link_that_comes_meanwhile_is_tried_again_by_itself(self, town: Town) -> None:
        siti, token = town.telegram("siti"), town.server.token("siti")
        await town.goes_down()
        await siti.opens(token)
        siti.sees("Tautannya saya simpan")
        await town.comes_back()
        await siti.waits_for_promise(60)
        siti.sees("akun Si** R****** sudah terhubung")

    async def test_unlinking_works_all_the_same(self, town: Town) -> None:
        siti = await town.linked("siti")
        await town.goes_down()
        await siti.says("putuskan akun")
        siti.sees("sudah saya lepas")
        await town.comes_back()
        await siti.says("cek status saya")
        siti.sees("perlu dihubungkan dulu")

    async def test_backend_that_limits_is_said_so(self, town: Town) -> None:
        siti = await town.linked("siti")
        await town.cache_expires()
        town.server.fault("limited")
        await siti.says("cek status saya")
        siti.sees("Sebentar ya, Kak", "7 detik lagi")
