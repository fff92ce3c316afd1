"""The hotels, as plain data. Slugs and user names are for ever: ids grow from them."""

from dataclasses import dataclass
from typing import Final

MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomTypePlan:
    """A kind of room; `share` of every floor, in percent."""

    code: str
    name: str
    capacity: int
    beds: str
    nightly_micro: int
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyPlan:
    """A hotel."""

    slug: str
    name: str
    name_fa: str
    name_ps: str
    city: str
    country: str
    timezone: str
    currency: str
    floors: int
    rooms_per_floor: int
    room_types: tuple[RoomTypePlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPlan:
    """Somebody who signs in."""

    username: str
    display_name: str
    role: str
    property_slugs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPlan:
    """A hotel company."""

    slug: str
    legal_name: str
    country: str
    compliance_profile: str | None
    locale: str
    locales: tuple[str, ...]
    properties: tuple[PropertyPlan, ...]
    operators: tuple[OperatorPlan, ...]


def _room_types(scale: int) -> tuple[RoomTypePlan, ...]:
    """Four types whose rates are a multiple of a local price level."""

    def plan(code: str, name: str, capacity: int, beds: str, rate: int, share: int) -> RoomTypePlan:
        return RoomTypePlan(
            code=code,
            name=name,
            capacity=capacity,
            beds=beds,
            nightly_micro=rate * scale * MICRO,
            share=share,
        )

    return (
        plan("STD", "Standard Twin", 2, "2 single", 60, 40),
        plan("DLX", "Deluxe King", 2, "1 king", 85, 35),
        plan("FAM", "Family Room", 4, "1 king, 2 single", 120, 15),
        plan("STE", "Garden Suite", 4, "1 king, 1 sofa", 190, 10),
    )


def _staff(
    tenant_slug: str, people: tuple[tuple[str, str, str, tuple[str, ...]], ...]
) -> tuple[OperatorPlan, ...]:
    return tuple(
        OperatorPlan(
            username=f"{name}@{tenant_slug}",
            display_name=display_name,
            role=role,
            property_slugs=slugs,
        )
        for name, display_name, role, slugs in people
    )


_KABUL: Final = PropertyPlan(
    slug="kabul-grand-hotel",
    name="Kabul Grand Hotel",
    name_fa="هتل بزرگ کابل",
    name_ps="د کابل لوی هوټل",
    city="Kabul",
    country="AF",
    timezone="Asia/Kabul",
    currency="USD",
    floors=6,
    rooms_per_floor=20,
    room_types=_room_types(1),
)
_HERAT: Final = PropertyPlan(
    slug="herat-garden-house",
    name="Herat Garden House",
    name_fa="خانه باغ هرات",
    name_ps="د هرات د باغ کور",
    city="Herat",
    country="AF",
    timezone="Asia/Kabul",
    currency="USD",
    floors=3,
    rooms_per_floor=8,
    room_types=_room_types(1),
)
_DUSHANBE: Final = PropertyPlan(
    slug="silk-road-palace",
    name="Silk Road Palace Dushanbe",
    name_fa="کاخ جاده ابریشم دوشنبه",
    name_ps="د ورېښمو لار ماڼۍ",
    city="Dushanbe",
    country="TJ",
    timezone="Asia/Dushanbe",
    currency="TJS",
    floors=10,
    rooms_per_floor=40,
    room_types=_room_types(11),
)
_MEDINA: Final = PropertyPlan(
    slug="dar-al-noor",
    name="Dar Al Noor Residence",
    name_fa="اقامتگاه دارالنور",
    name_ps="د دارالنور استوګنځی",
    city="Medina",
    country="SA",
    timezone="Asia/Riyadh",
    currency="SAR",
    floors=6,
    rooms_per_floor=10,
    room_types=_room_types(4),
)

TENANTS: Final[tuple[TenantPlan, ...]] = (
    TenantPlan(
        slug="kabul-grand",
        legal_name="Kabul Grand Hospitality Ltd",
        country="AF",
        compliance_profile=None,
        locale="fa-AF",
        locales=("fa-AF", "ps", "en"),
        properties=(_KABUL, _HERAT),
        operators=_staff(
            "kabul-grand",
            (
                ("amina.frontdesk", "Amina Rahimi", "front_desk", (_KABUL.slug,)),
                ("farid.frontdesk", "Farid Noori", "front_desk", (_KABUL.slug, _HERAT.slug)),
                ("laila.frontdesk", "Laila Herawi", "front_desk", (_HERAT.slug,)),
                ("zahra.hklead", "Zahra Ahmadi", "housekeeping_lead", (_KABUL.slug,)),
                ("mina.housekeeper", "Mina Sadat", "housekeeper", (_KABUL.slug,)),
                ("nasrin.housekeeper", "Nasrin Gul", "housekeeper", (_HERAT.slug,)),
                ("karim.maintenance", "Karim Wardak", "maintenance_tech", (_KABUL.slug,)),
                ("yusuf.fnb", "Yusuf Popal", "fnb_manager", (_KABUL.slug,)),
                ("omid.gm", "Omid Barakzai", "general_manager", (_KABUL.slug, _HERAT.slug)),
                ("shireen.owner", "Shireen Durrani", "owner", (_KABUL.slug, _HERAT.slug)),
            ),
        ),
    ),
    TenantPlan(
        slug="silk-road",
        legal_name="Silk Road Palace OJSC",
        country="TJ",
        compliance_profile=None,
        locale="en",
        locales=("en", "fa-AF", "fr"),
        properties=(_DUSHANBE,),
        operators=_staff(
            "silk-road",
            (
                ("nigora.frontdesk", "Нигора Саидова", "front_desk", (_DUSHANBE.slug,)),
                ("bahrom.frontdesk", "Баҳром Назаров", "front_desk", (_DUSHANBE.slug,)),
                ("gulnora.hklead", "Гулнора Раҳимова", "housekeeping_lead", (_DUSHANBE.slug,)),
                ("malika.housekeeper", "Малика Каримова", "housekeeper", (_DUSHANBE.slug,)),
                ("rustam.maintenance", "Рустам Ҳакимов", "maintenance_tech", (_DUSHANBE.slug,)),
                ("firuz.fnb", "Фирӯз Шарипов", "fnb_manager", (_DUSHANBE.slug,)),
                ("jamshed.gm", "Ҷамшед Раҳмонов", "general_manager", (_DUSHANBE.slug,)),
                ("parvina.owner", "Парвина Исмоилова", "owner", (_DUSHANBE.slug,)),
            ),
        ),
    ),
    TenantPlan(
        slug="al-noor",
        legal_name="Al Noor Residences Company",
        country="SA",
        compliance_profile="sharia",
        locale="ar",
        locales=("ar", "en"),
        properties=(_MEDINA,),
        operators=_staff(
            "al-noor",
            (
                ("maryam.frontdesk", "مريم الحربي", "front_desk", (_MEDINA.slug,)),
                ("huda.hklead", "هدى القحطاني", "housekeeping_lead", (_MEDINA.slug,)),
                ("salma.housekeeper", "سلمى العتيبي", "housekeeper", (_MEDINA.slug,)),
                ("khalid.maintenance", "خالد الشمري", "maintenance_tech", (_MEDINA.slug,)),
                ("omar.fnb", "عمر الزهراني", "fnb_manager", (_MEDINA.slug,)),
                ("ibrahim.gm", "إبراهيم الغامدي", "general_manager", (_MEDINA.slug,)),
                ("abdullah.owner", "عبدالله النور", "owner", (_MEDINA.slug,)),
            ),
        ),
    ),
)
