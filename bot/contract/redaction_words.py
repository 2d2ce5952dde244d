"""The words that redaction listens to: what makes a number a code, an account or a card. Lower case."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- one-time codes -------------------------------------------------------------------------------
# A word that by itself makes the number near it a code; `kode` does so only without a company below.
CODE_WORD = re.compile(r"(?:kode)?otp+(?:nya|ny|ku|mu|q)?|(?:pin|mpin|passcode|token)(?:nya|ny|ku|mu|q)?")
CODE = re.compile(r"(?:kode|kod|kde|code)(?:nya|ny|ku|mu|q)?")
# Kinds of codes that are nobody's secret.
CODE_COMPANY = _words(
    "voucher voucer vocer promo referral referal reff pos error eror bank wilayah area qr unik redeem kupon"
    " booking sertifikat lembaga program pelatihan kelas transaksi barang invoice etiket tiket negara daerah"
    " referensi reservasi resi refund captcha plat prefix batch gelombang listrik"
)
# Between a code word and its number these change nothing: the number is said to be the code.
CODE_BEFORE = _words(
    "saya sy aku ak gw gue gua ku nya ny kamu anda kak min adalah adlh yaitu yakni ialah is ini ni itu tu your my"
    " the verifikasi keamanan rahasia otorisasi aktivasi akses konfirmasi verification code kode login g fb"
)
# Between a number and the code word after it.
CODE_END = _words(
    "itu ini ni tu adalah adlh ialah is your my the yg yang merupakan sebagai sbg nya saya sy aku gw gue untuk utk"
    " buat td tadi barusan jadi kode nomor no angka verification security login as"
)
# These make the copula's sentence one about a code, however the code is named: "123456 is your GoPay code".
COPULA = _words("itu ini adalah adlh ialah is merupakan")
MONEY = _words(
    "saldo insentif uang duit dana nominal sebesar seharga harga biaya rp bayar bayarnya transfer tf tarik cair"
    " dapat dapet total sisa"
)
# A number after one of these is about something else, even when a code was mentioned before it.
NOT_THE_CODE = (
    CODE_COMPANY
    | MONEY
    | _words(
        "gel wave tahun thn th sejak semenjak tanggal tgl jam pukul pkl kuota umur usia nilai skor rt rw blok pasal"
        " hp wa telp telepon bulan"
    )
)

# --- passwords ------------------------------------------------------------------------------------
# Between "password" and its value; regex alternatives because they are matched in place.
OWNER = (
    "saya|sy|aku|ak|gw|gue|gua|ku|kamu|anda|akun|akunku|acc|account|prakerja|email|gmail|dashboard|login|lama|baru"
    "|yg|yang|itu|tu|ini|nya|ny|dulu|tadi|sekarang|skrg|jadi|menjadi|pake|pakai|ke|dengan|dgn|untuk|utk|di"
    "|wifi|hp|fb|facebook|ig|instagram|shopee|tokopedia|bukalapak|pintar|mitra|siapkerja|sisnaker|bank|atm"
)
# Verbs before "password" that turn the rest into a question or an instruction.
PASSWORD_TALK = _words(
    "lupa lupaa forgot forget ganti mengganti diganti reset ubah mengubah atur buat bikin masukkan masukin isi menu"
    " cara tombol klik salah"
)
# Words that follow "password:" or "password adalah" without being one.
NOT_A_PASSWORD = _words(
    "apa apaan yang yg lupa lupaa lali salah slah benar bener betul sudah udah udh sdh belum blm tidak tdk ga gak"
    " nggak ngga engga enggak gk kok kenapa knp mengapa gimana gmn bagaimana bgmn cara klik buka pilih masuk masukkan"
    " masukin isi ketik tekan hubungi ganti reset ubah diubah diganti hilang ilang error eror gagal selalu terus trs"
    " masih tetap tetep minta mohon tolong minimal maksimal min kak gan bang pak bu dan atau harus wajib jangan boleh"
    " bisa dapat huruf angka kombinasi karakter password pasword pass pw sandi kata email username saya sy"
    " aku gw gue tetapi tapi padahal kalau kalo jika saat ketika pas lewat melalui melalu silakan silahkan coba"
    " hal data sesuatu bagian salahsatu invalid wrong incorrect the not is link url halo hai permisi otp pin nik"
)

# --- long numbers ---------------------------------------------------------------------------------
_TOPIC_WORDS = {
    "nik": "nik niknya nikku noktp nokk ktp kk kknya ktpnya kependudukan keluarga prakerja nip induk",
    "card": "kartu kartunya card debit debet kredit credit atm visa mastercard gpn",
    "account": (
        "rek rekening rekeningnya rekeningku norek noreknya norekening bank va virtual bca bni bri mandiri bsi btn"
        " cimb niaga permata danamon jago seabank jenius btpn blu muamalat maybank ocbc nisp panin bukopin bjb dki"
        " ovo dana gopay linkaja shopeepay spay doku isaku sakuku flip ewallet dompet"
    ),
    "phone": (
        "hp hpnya hpku nohp nope wa wanya whatsapp watsap wasap telp tlp telpon telepon ponsel hub hubungi call sms"
        " handphone kontak phone"
    ),
}
TOPICS = {word: kind for kind, words in _TOPIC_WORDS.items() for word in words.split()}

# --- numbers that stay ----------------------------------------------------------------------------
MONTHS = (
    "januari|jan|februari|pebruari|feb|maret|mar|april|apr|mei|juni|jun|juli|jul|agustus|agu|agt|ags|aug"
    "|september|sept|sep|oktober|okt|oct|november|nopember|nov|nop|desember|des|dec"
)
