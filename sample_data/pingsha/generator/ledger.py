"""What the audit of the two flights must come to: sums of what was planted, owned zone by owned zone."""

from .campaign import CHINESE_ACTION as ACTIONS
from .campaign import FIRST, PILOT, ROOMS_RECOVERED, SECOND, assets, later, patrols, units_truth
from .land import MU_M2, area_m2

FIGURES = ("opening", "occupied", "lapsed", "cleared", "regularised", "transferred", "closing")
CLAIMS_OF_STATE_LAND = ("contract", "rent", "litigation")
REPORT = {"state_land_mu": 1897, "public_building_rooms": 143, "fish_pond_mu": 280, "structure_m2": 6200,
          "oyster_raft_m2": 40000}


def _held(campaign, geometry):
    """{zone: area} of the land within zones, each bit in the zone that owns it."""
    out = {}
    for zone, owned in campaign.zones.owned.items():
        if owned.Intersects(geometry):
            area = area_m2(owned.Intersection(geometry))
            if area > 0:
                out[zone] = area
    return out


def _cells(campaign):
    """{(zone, class): {figure: area}}, with `rent`: what rent alone was paid for."""
    out = {}
    for thing in campaign.things:
        for (figure, cls), geometries in thing.parts.items():
            sign = -1 if figure == "transferred_out" else 1
            figure = figure.split("_")[0] if figure.startswith("transferred") else figure
            for geometry in geometries:
                for zone, area in _held(campaign, geometry).items():
                    row = out.setdefault((zone, cls), dict.fromkeys((*FIGURES, "rent"), 0.0))
                    if figure in row:
                        row[figure] += sign * area
    return out


def _check(cells):
    """Both ways to the closing balance agree: things that remain, and the algebra."""
    for key, row in cells.items():
        algebra = (row["opening"] + row["occupied"] + row["lapsed"] - row["cleared"] - row["regularised"]
                   + row["transferred"])
        if abs(algebra - row["closing"]) > 0.05:
            raise AssertionError(f"{key}: {algebra} by the algebra, {row['closing']} remain")


def _with_rent(row):
    """The town's own counting: rent paid for the past counts as land recovered."""
    return row | {"regularised": row["regularised"] + row["rent"], "closing": row["closing"] - row["rent"]}


def _rows(cells, rent):
    rows = []
    for (zone, cls), row in sorted(cells.items()):
        row = _with_rent(row) if rent else row
        rows.append({"zone_id": zone, "class": cls} | {f"{figure}_m2": round(row[figure], 3) for figure in FIGURES})
    return rows


def _sums(cells, pick, rent):
    """{key: figures} summed over what `pick` makes of (zone, class)."""
    out = {}
    for key, row in sorted(cells.items()):
        row = _with_rent(row) if rent else row
        into = out.setdefault(pick(*key), dict.fromkeys(FIGURES, 0.0))
        for figure in FIGURES:
            into[figure] += row[figure]
    return {key: {f"{f}_m2": round(v, 3) for f, v in row.items()} for key, row in out.items()}


def _recovered(campaign, thing):
    """Land of this thing that left the ledger, and what of it only rent was paid for."""
    area = {"cleared": 0.0, "regularised": 0.0, "rent": 0.0}
    for (figure, _), geometries in thing.parts.items():
        if figure in area:
            area[figure] += sum(sum(_held(campaign, g).values()) for g in geometries)
    return area["cleared"] + area["regularised"], area["rent"]


def _claims(campaign, actions):
    """Per claim what of it is verified, by the algebra and as the town counts."""
    land = {t.id: _recovered(campaign, t) for t in campaign.things}
    english = {zh: en for en, zh in ACTIONS.items()}
    out = []
    for row in actions:
        if row["claimed_m2"] is not None:
            recovered, rent = land.get(row["patch_id"], (0.0, 0.0))
            verified = min(row["claimed_m2"], recovered)
            out.append({"patch_id": row["patch_id"], "action": english[row["action"]], "date": row["date"],
                        "claimed_m2": row["claimed_m2"], "verified_m2": round(verified, 3),
                        "verified_with_rent_m2": round(min(row["claimed_m2"], recovered + rent), 3)})
    return out


def _by_action(claims, figure):
    out = {}
    for row in claims:
        out[row["action"]] = out.get(row["action"], 0.0) + row[figure]
    return {action: round(total, 3) for action, total in sorted(out.items())}


def _unexplained(campaign):
    return round(sum(_recovered(campaign, t)[0] for t in campaign.things if not t.actions), 3)


def _reported(cells, claims):
    """The five figures of the campaign: each is more than what the town reported."""
    action = _by_action(claims, "verified_with_rent_m2")
    cls = _sums(cells, lambda zone, cls: cls, rent=True)
    return {"state_land_mu": round(sum(action[a] for a in CLAIMS_OF_STATE_LAND) / MU_M2, 4),
            "public_building_rooms": sum(ROOMS_RECOVERED),
            "fish_pond_mu": round(cls["fish_pond"]["cleared_m2"] / MU_M2, 4),
            "structure_m2": cls["structure"]["cleared_m2"], "oyster_raft_m2": cls["oyster_raft"]["cleared_m2"]}


def _rafts(campaign):
    def count(*whats):
        things = [t for t in campaign.things if t.what in whats]
        return {"rafts": len(things), "count": sum(t.count for t in things),
                "tonnes": round(sum(t.tonnes for t in things), 1)}
    return {"cleared": count("raft"), "present": count("raft_present"), "absent_pending": count("raft_missing")}


def _planted(campaign):
    """What to find where: things that are neither plain outstanding nor plain recovered."""
    plain = {"contract", "rent", "litigation", "outstanding", "river_pond", "river_structure", "raft"}
    out = []
    for t in sorted(campaign.things, key=lambda t: t.id):
        if t.what not in plain:
            parts = {}
            for (figure, _), geometries in sorted(t.parts.items()):
                parts[figure] = round(parts.get(figure, 0.0)
                                      + sum(sum(_held(campaign, g).values()) for g in geometries), 3)
            zones = sorted({z for gs in t.parts.values() for g in gs for z in _held(campaign, g)})
            out.append({"what": t.what, "patch_id": t.id, "zones": zones, "land_m2": parts})
    return out


def _late(campaign):
    """Contracts signed after the first flight for years before it."""
    things = [t for t in campaign.things if any(signed > FIRST >= since for *_, signed, since, _ in t.permits)]
    return [{"patch_id": t.id, "land_m2": round(sum(_held(campaign, t.first).values()), 3)} for t in things]


def opening_rows(campaign):
    """The last signed report: every balance as the first flight has it."""
    cells = _cells(campaign)
    return [{"zone_id": zone, "class": cls, "area_m2": f"{row['opening']:.2f}", "signed_on": later(FIRST, 16)}
            for (zone, cls), row in sorted(cells.items()) if row["opening"] > 0]


def truth_of(campaign, seed):
    cells = _cells(campaign)
    _check(cells)
    claims = _claims(campaign, campaign.actions())

    def of_kind(zone, _):
        return campaign.zones.kind(zone)

    report = opening_rows(campaign)
    relapse = next(t for t in campaign.things if t.what == "relapse")
    return {
        "flights": {"pilot": PILOT, "first": FIRST, "second": SECOND}, "area_mode": "ellipsoid",
        "reported": REPORT, "computed": _reported(cells, claims),
        "ledger": _rows(cells, rent=False),
        "totals": {"plain": _sums(cells, lambda zone, cls: "*", False)["*"],
                   "rent_counts_as_recovered": _sums(cells, lambda zone, cls: "*", True)["*"]},
        "by_class": {"plain": _sums(cells, lambda zone, cls: cls, False),
                     "rent_counts_as_recovered": _sums(cells, lambda zone, cls: cls, True)},
        "by_kind": {"plain": _sums(cells, of_kind, False),
                    "rent_counts_as_recovered": _sums(cells, of_kind, True)},
        "claims": claims,
        "verified_by_action_m2": {"plain": _by_action(claims, "verified_m2"),
                                  "rent_counts_as_recovered": _by_action(claims, "verified_with_rent_m2")},
        "unexplained_m2": _unexplained(campaign), "unknown_patch": "T9999",
        "relapsed_with_pilot_m2": round(sum(_held(campaign, relapse.second).values()), 3),
        "signed_report_m2": round(sum(float(row["area_m2"]) for row in report), 2),
        "late_signatures": _late(campaign), "rooms": units_truth(assets(seed)), "rafts": _rafts(campaign),
        "patrol_gaps": [dict(zip(("zone_id", "level", "since", "until"), gap)) for gap in patrols(seed)[1]],
        "planted": _planted(campaign)}
