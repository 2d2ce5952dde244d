"""The commands that Telegram offers people in the menu of the chat."""

from __future__ import annotations

from telegram import Bot, BotCommand

COMMANDS = (
    BotCommand("start", "Mulai ngobrol dengan Kawan"),
    BotCommand("bantuan", "Lihat apa saja yang bisa ditanyakan"),
    BotCommand("status", "Cara melihat status akun Prakerja"),
    BotCommand("lapor", "Laporkan joki atau penipuan"),
    BotCommand("petugas", "Bicara dengan orang"),
    BotCommand("privasi", "Apa yang disimpan, apa yang tidak"),
    BotCommand("hapus", "Hapus ingatan percakapan ini"),
)


async def set_commands(bot: Bot) -> None:
    """Put the commands into the menu. Raises TelegramError."""
    await bot.set_my_commands(COMMANDS)
