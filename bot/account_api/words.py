"""What each state and reason of the contract is called on the dashboard."""

from __future__ import annotations

STAGES = {
    "registering": "Melengkapi pendaftaran",
    "verifying": "Data diri sedang dicek",
    "verification_failed": "Verifikasi gagal",
    "ready_to_join": "Siap gabung gelombang",
    "in_selection": "Dalam seleksi",
    "not_selected": "Belum lolos",
    "choosing_training": "Memilih pelatihan pertama",
    "in_training": "Sedang pelatihan",
    "awaiting_certificate": "Menunggu sertifikat",
    "awaiting_review": "Menunggu rating dan ulasan",
    "awaiting_incentive": "Menunggu insentif",
    "incentive_failed": "Insentif gagal",
    "awaiting_survey": "Menunggu survei",
    "completed": "Selesai",
    "revoked": "Kepesertaan dicabut",
    "blocked": "Akun diblokir",
}
REGISTRATION = {
    "incomplete": "belum lengkap",
    "checking": "sedang dicek",
    "verified": "terverifikasi",
    "failed": "gagal",
}
SELECTION = {
    "not_joined": "belum gabung gelombang",
    "joined": "sudah gabung",
    "being_processed": "sedang diseleksi",
    "accepted": "lolos",
    "not_selected": "belum lolos",
}
MEMBERSHIP = {
    "none": "belum jadi peserta",
    "active": "aktif",
    "completed": "selesai",
    "revoked": "dicabut",
    "blocked": "diblokir",
}
COURSE = {"bought": "sudah dibeli", "in_progress": "sedang diikuti", "finished": "selesai"}
CERTIFICATE = {
    "none": "belum ada sertifikat",
    "waiting_for_provider": "sertifikat ditunggu dari lembaga pelatihan",
    "waiting_for_programme": "sertifikat sedang dicek Prakerja",
    "issued": "sertifikat terbit",
}
INCENTIVE = {
    "not_due": "belum waktunya",
    "checking": "sedang dicek",
    "scheduled": "dijadwalkan",
    "sent": "terkirim",
    "failed": "gagal",
}
INCENTIVE_KIND = {"training": "Insentif pelatihan", "survey": "Insentif survei"}
SURVEY = {"not_yet": "belum mulai", "open": "terbuka", "done": "sudah diisi", "missed": "terlewat"}
DESTINATION = {"checking": "sedang dicek", "connected": "tersambung", "rejected": "ditolak"}
DESTINATION_KIND = {"bank": "Rekening", "ewallet": "E-wallet"}
REASONS = {
    "data_incomplete": "data diri belum lengkap",
    "email_unverified": "email belum diverifikasi",
    "phone_unverified": "nomor HP belum diverifikasi",
    "id_mismatch": "data tidak cocok dengan Dukcapil",
    "face_mismatch": "wajah tidak cocok",
    "photo_unreadable": "foto tidak terbaca",
    "quota": "kuota penuh",
    "excluded_group": "termasuk kelompok yang tidak boleh ikut",
    "already_recipient": "sudah pernah jadi penerima",
    "household_limit": "sudah dua penerima dalam satu KK",
    "first_purchase_missed": "pelatihan pertama tidak dibeli",
    "training_unfinished": "pelatihan tidak diselesaikan",
    "terms_violated": "melanggar ketentuan",
    "review_missing": "rating dan ulasan belum ada",
    "certificate_missing": "sertifikat belum ada",
    "destination_missing": "rekening atau e-wallet belum ada",
    "destination_inactive": "rekening atau e-wallet tidak aktif",
    "destination_not_upgraded": "e-wallet belum di-upgrade",
    "name_mismatch": "nama berbeda",
    "balance_limit": "saldo e-wallet penuh",
    "wrong_number": "nomor salah",
    "partner_disturbed": "mitra pembayaran sedang terganggu",
    "not_upgraded": "belum di-upgrade",
    "phone_mismatch": "nomor HP berbeda",
    "inactive": "tidak aktif",
}
CHANNELS = {"telegram": "Telegram", "whatsapp": "WhatsApp", "web": "Chat web", "rest": "REST"}
LEVELS = {"full": "status lengkap", "stage": "tahap saja"}
FAULTS = {"ok": "Normal", "down": "Mati (503)", "slow": "Lambat (10 detik)", "limited": "Dibatasi (429)"}
WAVES = {"none": "Tidak ada", "announced": "Diumumkan", "open": "Dibuka"}
_MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)


def day(iso: str) -> str:
    """2026-11-25 -> 25 November 2026."""
    year, month, number = iso.split("-")
    return f"{int(number)} {_MONTHS[int(month) - 1]} {year}"


def rupiah(amount: int) -> str:
    """3500000 -> Rp3.500.000."""
    return "Rp" + f"{amount:,}".replace(",", ".")
