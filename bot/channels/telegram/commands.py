"""The commands that Telegram shows in its menu."""

from __future__ import annotations

from telegram import Bot, BotCommand

COMMANDS = (
    ("start", "Mulai dari awal"),
    ("bantuan", "Lihat apa saja yang bisa ditanyakan"),
    ("status", "Cara melihat status akun Prakerja"),
    ("lapor", "Laporkan joki atau penipuan"),
    ("petugas", "Bicara dengan orang"),
    ("privasi", "Apa yang disimpan dan apa yang tidak"),
    ("hapus", "Hapus ingatan percakapan ini"),
)


async def set_commands(bot: Bot) -> None:
    """Show our commands to everybody. Raises TelegramError."""
    await bot.set_my_commands([BotCommand(name, text) for name, text in COMMANDS])
