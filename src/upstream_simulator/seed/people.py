"""Guests' names, in the scripts that guests really write."""

from dataclasses import dataclass
from random import Random
from typing import Final

_NAMES: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    (
        "en",
        ("James", "Olivia", "Noah", "Charlotte", "William", "Siobhán", "Zoë", "Amelia"),
        ("O'Brien", "Smith", "MacKenzie", "Taylor-Jones", "Okafor", "Lewis", "d'Arcy", "Wright"),
    ),
    (
        "fr",
        ("François", "Élodie", "Jérôme", "Noël", "Chloé", "Anaïs", "Benoît", "Inès"),
        ("Lefèvre", "Dupré", "Garçon", "Hébert", "Le Goff", "Müller", "Nuñez", "Søndergård"),
    ),
    (
        "ar",
        ("فاطمة", "محمد", "يوسف", "نور", "عائشة", "حسن", "ليلى", "طارق"),
        ("المصري", "بن سعيد", "الهاشمي", "التميمي", "الخوري", "العلي", "السقا", "الأنصاري"),
    ),
    (
        "fa-AF",
        ("پروین", "احمدشاه", "گلثوم", "ژاله", "کاوه", "فرشته", "چمن", "نجیب‌الله"),
        ("رحیمی", "نورزی", "پوپل", "غفوری", "ژوندی", "حکیمی", "یوسفی", "کاکړ"),
    ),
    (
        "ps",
        ("ځلمی", "ښایسته", "پښتون", "ګلالۍ", "څانګه", "توریالی", "ملالۍ", "زرغونه"),
        ("ستانکزی", "وردګ", "اڅکزی", "ځدراڼ", "مومند", "یوسفزی", "ساپی", "بارکزی"),
    ),
    (
        "ru",
        ("Анна", "Сергей", "Ольга", "Дмитрий", "Фёдор", "Ҷамила", "Шаҳло", "Ӯктам"),
        ("Иванова", "Кузнецов", "Щербакова", "Соловьёв", "Раҳимов", "Қодирова", "Ғафуров", "Ким"),
    ),
    (
        "zh",
        ("伟", "芳", "秀英", "娜", "敏", "静", "磊", "洋"),
        ("王", "李", "張", "刘", "陳", "欧阳", "黃", "赵"),
    ),
    (
        "ja",
        ("さくら", "翔太", "ケンジ", "美咲", "大輔", "陽菜", "悠人", "結衣"),
        ("佐藤", "鈴木", "高橋", "渡邉", "小林", "山本", "髙田", "齋藤"),
    ),
)
_FAMILY_NAME_FIRST: Final = frozenset({"zh", "ja"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A guest: a name and the locale it is written in."""

    name: str
    locale: str


def draw_guest(random: Random) -> Guest:
    """Draw a guest."""
    locale, given, family = random.choice(_NAMES)
    first, last = random.choice(given), random.choice(family)
    if locale in _FAMILY_NAME_FIRST:
        return Guest(name=f"{last}{first}" if locale == "zh" else f"{last} {first}", locale=locale)
    return Guest(name=f"{first} {last}", locale=locale)
