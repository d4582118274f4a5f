"""From events to the rows of four office files, and the faults planted in them.

A row holds the coordinates as delivered; faults change those, or a field, or add a repeated row,
and each is remembered with the reason under which a reader should refuse it.
"""

import copy
import datetime
import math
import random
from dataclasses import dataclass, field

from .incidents import DEFAULT_TIME_SHARE_OF_CRIME, FIRST_DAY, LAST_DAY
from .township import ORIGIN, lonlat

PLACE_TYPES = {"village": ["住宅", "商铺", "道路", "学校", "市场"], "industry": ["工厂", "仓库"],
               "road": ["道路"], "country": ["农田", "鱼塘", "其他"]}
SPREAD_OUT = {"盗窃": 4.0, "盗窃电动车": 2.5, "入室盗窃": 3.0, "故意损毁财物": 5.0}  # mean hours
BEIJING = (116.3975, 39.9087)

# reason -> how many rows of each file; halo rows are made with the events
FAULTS = {
    "crime": {"no_geometry": 10, "not_finite": 8, "null_island": 8, "outside_crs": 9,
              "outside_area": 8, "bad_time": 12, "duplicate_id": 14},
    "traffic": {"no_geometry": 8, "not_finite": 4, "null_island": 5, "outside_crs": 6,
                "outside_area": 5, "bad_time": 8, "duplicate_row": 10},
    "fire": {"no_geometry": 4, "null_island": 3, "outside_crs": 3, "outside_area": 4,
             "bad_geometry": 6, "bad_weight": 8, "bad_time": 3},
    "city_management": {"no_geometry": 5, "null_island": 3, "outside_crs": 6, "outside_area": 4,
                        "bad_weight": 10, "bad_time": 5, "duplicate_row": 12}}

# What a run must ask for before the reason applies; all others always do.
NEEDS = {"bad_time": "a run that needs times", "duplicate_id": "--id", "bad_weight": "--weight",
         "duplicate_row": "--drop-duplicates", "halo": "never rejected"}

BAD_TIMES = ["2019-02-30 10:15", "2019/3/1 25:61", "不详", "2018-13-05 08:00", "2019/6/31 7:20",
             "待核实"]


@dataclass
class Row:
    fields: dict
    xy: tuple | None  # two numbers, or texts in tables; None is a null geometry
    origin: str
    geometry: dict | None = None  # GeoJSON instead of a point
    reason: str | None = None
    note: str = ""


@dataclass
class Delivery:
    """One file: how its rows are made and in which coordinates."""
    name: str
    geometry: bool  # a real geometry column, not two coordinate columns
    place: object   # EPSG:4547 metres -> delivered coordinates
    make: object    # (serial, event, town, rng) -> fields
    id_column: str
    category_column: str
    projected: bool = False
    time_columns: list = field(default_factory=list)


def extra_rows(name):
    """Rows that the faults add to the stream."""
    return sum(FAULTS[name].get(reason, 0) for reason in ("duplicate_id", "duplicate_row"))


# ------------------------------------------------------------------ coordinates ---------------

def wgs84_to_gcj02(lon, lat):
    """The published reverse-engineered forward formula (eviltransform, gcoord)."""
    a, ee = 6378245.0, 0.00669342162296594323
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    common = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    dlat = (-100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + common
            + (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
            + (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3)
    dlon = (300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + common
            + (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
            + (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3)
    sine = math.sin(lat / 180 * pi)
    magic = 1 - ee * sine * sine
    return (lon + dlon * 180 / (a / math.sqrt(magic) * math.cos(lat / 180 * pi) * pi),
            lat + dlat * 180 / (a * (1 - ee) / (magic * math.sqrt(magic)) * pi))


def place_gcj02(x, y):
    return tuple(round(v, 6) for v in wgs84_to_gcj02(*lonlat(x, y)))


def place_wgs84(x, y):
    return tuple(round(v, 6) for v in lonlat(x, y))


def place_metres(x, y):
    return round(x, 2), round(y, 2)


# ------------------------------------------------------------------ fields --------------------

def office_time(when, rng):
    """The three ways in which the crime desk writes a time."""
    style = rng.random()
    if style < 0.80:
        return f"{when.year}/{when.month}/{when.day} {when.hour}:{when.minute:02d}"
    if style < 0.92:
        return when.strftime("%Y-%m-%d %H:%M:%S")
    return f"{when.year}年{when.month}月{when.day}日 {when.hour}时{when.minute}分"


def interval(event, rng):
    """Start and end: things found gone happened somewhere between; the rest has one moment."""
    if event.category not in SPREAD_OUT:
        minutes = rng.choice([0, 0, 5, 10, 20])
        return event.when, event.when + datetime.timedelta(minutes=minutes)
    length = min(14.0, rng.expovariate(1 / SPREAD_OUT[event.category]))
    before = rng.random() * length
    first = datetime.datetime.combine(FIRST_DAY, datetime.time(0, 1))
    last = datetime.datetime.combine(LAST_DAY, datetime.time(23, 59))
    return (max(first, event.when - datetime.timedelta(minutes=round(60 * before))),
            min(last, event.when + datetime.timedelta(minutes=round(60 * (length - before)))))


def crime_fields(serial, event, town, rng):
    start, end = interval(event, rng)
    # Background is some five sixths of the crimes; planted events keep their hours.
    if event.origin == "background" and rng.random() < DEFAULT_TIME_SHARE_OF_CRIME * 6 / 5:
        start = end = datetime.datetime.combine(event.when.date(), datetime.time())
    return {"案件编号": f"PSJ{start:%Y%m}{serial:05d}", "案件类别": event.category,
            "发案开始时间": office_time(start, rng),
            "发案结束时间": office_time(end, rng) if rng.random() < 0.85 else "",
            "地点类型": rng.choice(PLACE_TYPES[event.where]),
            "所属社区": town.nearest_village(event.x, event.y)["name"]}


def traffic_fields(serial, event, town, rng):
    """Dates and times as text, as formatted cells and as bare serial numbers, mixed."""
    style = rng.choices(["text", "cell", "serial"], [6, 3, 1])[0]
    loss = round(rng.lognormvariate(7.4, 0.8), -2) if rng.random() < 0.9 else 0
    return {"事故编号": f"PSS{event.when:%Y%m}{serial:05d}", "日期": (style, event.when.date()),
            "时间": (style, event.when.time()), "事故类型": event.category,
            "道路": town.nearest_road(event.x, event.y)["name"],
            "injured": rng.choices([0, 1, 2, 3], [74, 20, 5, 1])[0],
            "deaths": 1 if rng.random() < 0.006 else 0, "loss_yuan": int(loss)}


def fire_fields(serial, event, town, rng):
    return {"fire_id": f"PSH{event.when:%Y%m}{serial:05d}", "category": event.category,
            "time": event.when.strftime("%Y-%m-%dT%H:%M:00"),
            "village": town.nearest_village(event.x, event.y)["name"],
            "weight": rng.choices([1, 2, 3], [80, 16, 4])[0]}


def city_fields(serial, event, town, rng):
    return {"case_id": f"PSC{event.when:%Y%m}{serial:05d}", "category": event.category,
            "reported_at": event.when.strftime("%Y-%m-%d %H:%M"),
            "community": town.nearest_village(event.x, event.y)["name"],
            "weight": rng.choices([0.5, 1.0, 2.0], [20, 65, 15])[0]}


DELIVERIES = {
    "crime": Delivery("crime_gbk.csv", False, place_gcj02, crime_fields, "案件编号", "案件类别",
                      time_columns=["发案开始时间", "发案结束时间"]),
    "traffic": Delivery("traffic.xlsx", False, place_wgs84, traffic_fields, "事故编号", "事故类型",
                        time_columns=["日期"]),
    "fire": Delivery("fire.geojson", True, place_wgs84, fire_fields, "fire_id", "category",
                     time_columns=["time"]),
    "city_management": Delivery("city_management.gpkg", True, place_metres, city_fields, "case_id",
                                "category", projected=True, time_columns=["reported_at"])}


# ------------------------------------------------------------------ faults --------------------

def no_geometry(row, delivery, i, _rng):
    if delivery.geometry:
        row.xy = None
        return "null geometry"
    row.xy = [("", ""), ("", row.xy[1]), (row.xy[0], "")][i % 3]
    return "blank coordinates" if row.xy == ("", "") else "one coordinate blank"


def not_finite(row, _delivery, i, _rng):
    lon, lat = row.xy
    row.xy = [("NaN", "NaN"), ("inf", lat), (lon, "-inf"), (lon, "nan")][i % 4]
    return "coordinate is not a finite number"


def null_island(row, _delivery, _i, _rng):
    row.xy = (0.0, 0.0)
    return "default coordinates 0, 0"


def outside_crs(row, delivery, i, _rng):
    if delivery.projected:
        row.xy = [row.xy[::-1], (row.xy[0] + 38e6, row.xy[1])][i % 2]
        return ["easting and northing swapped", "easting with zone prefix 38"][i % 2]
    lon, lat = row.xy
    row.xy = [(round(lon + 400, 6), lat), (lon, round(lat + 72.9, 6)), (lat, lon)][i % 3]
    return ["longitude 513 typed for 113", "latitude 95 typed for 22",
            "longitude and latitude swapped"][i % 3]


def outside_area(row, delivery, i, rng):
    if delivery.name == "fire.geojson" and i == 0:
        row.xy = BEIJING
        return "a place in Beijing"
    angle, reach = rng.uniform(0, 2 * math.pi), rng.uniform(20e3, 30e3)
    row.xy = delivery.place(ORIGIN[0] + reach * math.cos(angle),
                            ORIGIN[1] + reach * math.sin(angle))
    return "more than 5 km outside the township"


def bad_time(row, delivery, i, _rng):
    value = BAD_TIMES[i % len(BAD_TIMES)]
    if delivery.name == "traffic.xlsx":
        return _bad_traffic_time(row, value)
    for column in delivery.time_columns:
        row.fields[column] = value
    return f"time reads {value}"


def _bad_traffic_time(row, value):
    """Date and clock stand in two columns; the impossible one of them gets the fault."""
    date, _, clock = value.partition(" ")
    if clock == "25:61":
        row.fields["日期"] = ("text", row.fields["日期"][1])
        row.fields["时间"] = clock
        return f"time of day reads {clock}"
    row.fields["日期"] = date
    return f"date reads {date}"


def bad_weight(row, delivery, i, _rng):
    values = [-1.0, -3.5] if delivery.projected else ["重大", -1, "一般"]
    row.fields["weight"] = values[i % len(values)]
    return f"weight is {row.fields['weight']}"


def bad_geometry(row, _delivery, i, _rng):
    lon, lat = row.xy
    kind = ["LineString", "MultiPoint"][i % 2]
    row.geometry = {"type": kind,
                    "coordinates": [[lon, lat], [round(lon + 0.0004, 6), round(lat + 0.0002, 6)]]}
    return f"a {kind} where one point is expected"


CHANGES = {f.__name__: f for f in (no_geometry, not_finite, null_island, outside_crs, outside_area,
                                   bad_time, bad_weight, bad_geometry)}


def repeat_row(rows, at, rng):
    """The same row once more, a little further down."""
    again = copy.deepcopy(rows[at])
    again.reason, again.note = "duplicate_row", "equal to an earlier row in every column"
    rows.insert(min(len(rows), at + rng.randint(1, 60)), again)


def repeat_id(rows, at, rng, delivery):
    """A later report filed under a number already given."""
    again = copy.deepcopy(rows[at])
    again.fields[delivery.category_column] = "其他警情"
    again.fields["地点类型"] = "待定"
    again.reason = "duplicate_id"
    again.note = f"{delivery.id_column} {again.fields[delivery.id_column]} given before"
    rows.insert(min(len(rows), at + rng.randint(1, 60)), again)


def plant_faults(name, rows, rng):
    """Spoils background rows, each at most once, then adds the repeated ones."""
    delivery, faults = DELIVERIES[name], FAULTS[name]
    wanted = [(reason, i) for reason, count in faults.items() for i in range(count)]
    free = [row for row in rows if row.origin == "background"]
    for (reason, i), row in zip(wanted, rng.sample(free, len(wanted))):
        if reason in CHANGES:
            row.note = CHANGES[reason](row, delivery, i, rng)
            row.reason = reason
            continue
        at = next(k for k, other in enumerate(rows) if other is row)
        if reason == "duplicate_row":
            repeat_row(rows, at, rng)
        else:
            repeat_id(rows, at, rng, delivery)


def rows_of(name, events, town, seed):
    """The rows of one file in delivered order, faults planted."""
    rng = random.Random(f"{seed}/{name}")
    delivery = DELIVERIES[name]
    rows = []
    for serial, event in enumerate(events, 1):
        fields = delivery.make(serial, event, town, rng)
        row = Row(fields, delivery.place(event.x, event.y), event.origin)
        if event.origin == "halo":
            row.reason, row.note = "halo", "100 to 300 m outside the township: accepted"
        rows.append(row)
    plant_faults(name, rows, rng)
    return rows
