"""Answers to groupby's questions on real data, by plain Python.

    python3 answers.py FOLDER > answers.json

FOLDER holds birdstrikes.csv, species.csv, zipcodes.csv,
seattle-weather-hourly-normals.csv and flights-200k.arrow. Only the last needs a
package, pyarrow. Numbers are exact fractions until they are printed, so that sums
and means are rounded once.
"""

import csv
import datetime
import decimal
import json
import math
import os
import sys
from fractions import Fraction

FOLDER = sys.argv[1]
CASES = []


def rows_of(name, numbers):
    """The rows of a CSV file: numbers as int or float, empty fields as None."""
    with open(os.path.join(FOLDER, name), encoding="utf-8-sig", newline="") as f:
        for row in csv.DictReader(f):
            yield {
                k: None if v == "" else numbers[k](v) if k in numbers else v
                for k, v in row.items()
            }


def text(v):
    """A value as a field of CSV output."""
    if v is None:
        return ""
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, (list, tuple)):
        return quoted("[" + ",".join(text(x) for x in v) + "]")
    if isinstance(v, Fraction):
        v = float(v)
    if isinstance(v, float):
        return number(v)
    return quoted(str(v)) if v != "" else '""'


def quoted(s):
    if any(c in s for c in ',"\r\n'):
        return '"' + s.replace('"', '""') + '"'
    return s


def number(f):
    """The shortest text that reads back as f, without a point where it is whole."""
    if f != f:
        return "NaN"
    if f == 0:
        return "-0" if math.copysign(1, f) < 0 else "0"
    assert 1e-6 <= abs(f) < 1e21, f
    s = format(decimal.Decimal(repr(f)), "f")
    return s.rstrip("0").rstrip(".") if "." in s else s


def groups(rows, *keys):
    out = {}
    for row in rows:
        out.setdefault(tuple(row[k] for k in keys), []).append(row)
    return out


def column(rows, name):
    return [r[name] for r in rows if r[name] is not None]


def total(values):
    if not values:
        return None
    s = sum(Fraction(v) for v in values)
    return int(s) if all(isinstance(v, int) for v in values) else s


def mean(values):
    return sum(Fraction(v) for v in values) / len(values) if values else None


def root(f):
    with decimal.localcontext() as c:
        c.prec = 60
        return float((decimal.Decimal(f.numerator) / decimal.Decimal(f.denominator)).sqrt())


def std(values):
    if len(values) < 2:
        return None
    m = mean(values)
    return root(sum((Fraction(v) - m) ** 2 for v in values) / (len(values) - 1))


def corr(pairs):
    if len(pairs) < 2:
        return None
    xs, ys = [Fraction(x) for x, _ in pairs], [Fraction(y) for _, y in pairs]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    sxy = sum((x - mx) * (y - my) for x, y in zip(xs, ys))
    sxx, syy = sum((x - mx) ** 2 for x in xs), sum((y - my) ** 2 for y in ys)
    if sxx == 0 or syy == 0:
        return float("nan")
    r = root(sxy * sxy / (sxx * syy))
    return -r if sxy < 0 else r


def quantile(values, q):
    if not values:
        return None
    v = sorted(Fraction(x) for x in values)
    at = Fraction(q) * (len(v) - 1)
    i = int(at)
    return v[i] if i + 1 == len(v) else v[i] + (v[i + 1] - v[i]) * (at - i)


def largest(values, k):
    return sorted(values, reverse=True)[:k] or None


def last(row, *columns):
    """A sort key that puts None last in the named columns, ascending."""
    return tuple((row[c] is None, row[c] if row[c] is not None else 0) for c in columns)


def case(name, file, args, header, rows):
    lines = [",".join(text(h) for h in header)]
    lines += [",".join(text(v) for v in row) for row in rows]
    CASES.append({"name": name, "file": file, "args": args, "want": "\n".join(lines) + "\n"})


# birdstrikes.csv: names with spaces and a dollar sign, integers with nulls, dates.

BIRDS = "birdstrikes.csv"
COST, SPEED = "Cost Total $", "Speed IAS in knots"
birds = list(rows_of(BIRDS, {c: int for c in (COST, SPEED, "Cost Other", "Cost Repair")}))

out = []
for (state,), rows in groups(birds, "Origin State").items():
    speeds = column(rows, SPEED)
    out.append((state, len(rows), total(column(rows, COST)), mean(speeds), len(speeds),
                min(r["Flight Date"] for r in rows), max(r["Flight Date"] for r in rows)))
out.sort(key=lambda r: (-r[2], r[0]))
case("states by cost", BIRDS,
     ["--by", '"Origin State"',
      "--agg", f'count() as n, sum("{COST}") as cost, mean("{SPEED}") as speed, count("{SPEED}"), '
               'min("Flight Date") as first, max("Flight Date") as last',
      "--sort", 'cost desc, "Origin State"', "--limit", "12"],
     ["Origin State", "n", "cost", "speed", f'count("{SPEED}")', "first", "last"], out[:12])

out = []
for key, rows in groups(birds, "Phase of flight", "Time of day").items():
    costs = column(rows, COST)
    out.append(key + (len(rows), quantile(costs, "1/2"), quantile(costs, "9/10"), std(costs)))
out.sort()
case("phases and times of day", BIRDS,
     ["--by", '"Phase of flight", "Time of day"',
      "--agg", f'count(), median("{COST}"), quantile("{COST}", 0.9), std("{COST}")'],
     ["Phase of flight", "Time of day", "count()", f'median("{COST}")', f'quantile("{COST}", 0.9)',
      f'std("{COST}")'], out)

out = []
dear = [r for r in birds if r["Wildlife Size"] == "Large" and r[COST] > 0]
for (species,), rows in groups(dear, "Wildlife Species").items():
    out.append((species, len(rows), total([r["Cost Repair"] + r["Cost Other"] for r in rows]),
                max(column(rows, COST)) - min(column(rows, COST)), largest(column(rows, COST), 3)))
out.sort(key=lambda r: (-r[1], r[0]))
case("dear large birds", BIRDS,
     ["--where", f"\"Wildlife Size\" = 'Large' and \"{COST}\" > 0", "--by", '"Wildlife Species"',
      "--agg", f'count() as n, sum("Cost Repair" + "Cost Other") as cost, max("{COST}") - min("{COST}") as range, '
               f'largest("{COST}", 3) as top',
      "--sort", 'n desc, "Wildlife Species"'],
     ["Wildlife Species", "n", "cost", "range", "top"], out)

out = []
for (speed,), rows in groups(birds, SPEED).items():
    out.append({"speed": speed, "n": len(rows)})
out.sort(key=lambda r: last(r, "speed"))
case("speeds, the unknown last", BIRDS,
     ["--by", f'"{SPEED}"', "--agg", "count() as n"],
     [SPEED, "n"], [(r["speed"], r["n"]) for r in out])

cost = column(birds, COST)
case("one group of all", BIRDS,
     ["--agg", f'count(), sum("{COST}") as cost, mean("{COST}") as mean, min("{SPEED}") as slow, max("{SPEED}") as fast'],
     ["count()", "cost", "mean", "slow", "fast"],
     [(len(birds), total(cost), mean(cost), min(column(birds, SPEED)), max(column(birds, SPEED)))])

# species.csv: floats, whose sums and means are exact.

SPECIES = "species.csv"
PCT = "habitat_yearround_pct"
species = list(rows_of(SPECIES, {PCT: float}))
out = []
for key, rows in groups(species, "common_name", "gap_species_code").items():
    pct = column(rows, PCT)
    out.append(key + (len(rows), total(pct), mean(pct), std(pct), min(pct), max(pct),
                      min(column(rows, "county_id")), max(column(rows, "county_id"))))
out.sort()
case("habitat of species", SPECIES,
     ["--by", "common_name,gap_species_code",
      "--agg", f"count() as n, sum({PCT}), mean({PCT}), std({PCT}), min({PCT}), max({PCT}), "
               "min(county_id) as first, max(county_id) as last"],
     ["common_name", "gap_species_code", "n", f"sum({PCT})", f"mean({PCT})", f"std({PCT})", f"min({PCT})",
      f"max({PCT})", "first", "last"], out)

out = []
for (county,), rows in groups(species, "county_id").items():
    out.append((county, total([r[PCT] * r[PCT] for r in rows if r[PCT] is not None])))
out.sort(key=lambda r: (-r[1], r[0]))
case("sum of squares by county", SPECIES,
     ["--by", "county_id", "--agg", f"sum({PCT} * {PCT}) as squares", "--sort", "squares desc, county_id", "--limit", "25"],
     ["county_id", "squares"], out[:25])

# zipcodes.csv: 00501 is not 501.

ZIPS = "zipcodes.csv"
zips = list(rows_of(ZIPS, {"latitude": float, "longitude": float}))
out = []
for (state,), rows in groups(zips, "state").items():
    codes = [r["zip_code"] for r in rows]
    out.append((state, len(rows), min(codes), max(codes), mean(column(rows, "latitude")),
                corr([(r["latitude"], r["longitude"]) for r in rows])))
out.sort()
case("zip codes of states", ZIPS,
     ["--by", "state", "--agg", "count(), min(zip_code) as first, max(zip_code) as last, mean(latitude), corr(latitude, longitude)",
      "--where", "state not in ('AA', 'AE', 'AP')"],
     ["state", "count()", "first", "last", "mean(latitude)", "corr(latitude, longitude)"],
     [r for r in out if r[0] not in ("AA", "AE", "AP")])

out = sorted((r["zip_code"], r["city"]) for r in zips if r["zip_code"] < "00606")
case("zip codes with zeros", ZIPS,
     ["--by", "zip_code,city", "--where", "zip_code < '00606'"], ["zip_code", "city"], out)

out = sorted((c, len(rows)) for (c,), rows in groups(zips, "city").items() if c.startswith("New ") and "York" not in c)
out.sort(key=lambda r: (-r[1], r[0]))
case("new cities", ZIPS,
     ["--by", "city", "--where", "starts_with(city, 'New ') and not contains(city, 'York')",
      "--agg", "count() as n", "--sort", "n desc, city", "--limit", "15"], ["city", "n"], out[:15])

# seattle-weather-hourly-normals.csv: local times.

WEATHER = "seattle-weather-hourly-normals.csv"
weather = list(rows_of(WEATHER, {"pressure": float, "temperature": float, "wind": float}))
june = [r for r in weather if "2010-06-01" <= r["date"] < "2010-07-01"]
temperature, wind = column(june, "temperature"), column(june, "wind")
case("the weather of June", WEATHER,
     ["--where", "date >= '2010-06-01' and date < '2010-07-01'",
      "--agg", "count() as n, min(date) as first, max(date) as last, mean(temperature), "
               "max(temperature) - min(temperature) as range, quantile(wind, 0.9)"],
     ["n", "first", "last", "mean(temperature)", "range", "quantile(wind, 0.9)"],
     [(len(june), min(r["date"] for r in june), max(r["date"] for r in june), mean(temperature),
       max(temperature) - min(temperature), quantile(wind, "9/10"))])

out = []
for (w,), rows in groups(weather, "wind").items():
    for t in largest(column(rows, "temperature"), 2) or []:
        out.append((w, t))
out.sort(key=lambda r: (r[0], -r[1]))
case("the two warmest hours by wind", WEATHER,
     ["--by", "wind", "--agg", "largest(temperature, 2) as warm", "--explode", "warm"], ["wind", "warm"], out)

# flights-200k.arrow: Arrow IPC.

import pyarrow.ipc

FLIGHTS = "flights-200k.arrow"
with pyarrow.ipc.open_file(os.path.join(FOLDER, FLIGHTS)) as f:
    table = f.read_all()
flights = [dict(zip(table.column_names, row)) for row in zip(*(c.to_pylist() for c in table.columns))]
out = []
for (distance,), rows in groups(flights, "distance").items():
    delay = column(rows, "delay")
    out.append((distance, len(rows), total(delay), mean(delay), mean(column(rows, "time")), quantile(delay, "1/2"), std(delay)))
out.sort(key=lambda r: (-r[1], r[0]))
case("flights by distance", FLIGHTS,
     ["--by", "distance", "--agg", "count() as n, sum(delay) as delay, mean(delay), mean(time) as time, median(delay), std(delay)",
      "--sort", "n desc, distance", "--limit", "40"],
     ["distance", "n", "delay", "mean(delay)", "time", "median(delay)", "std(delay)"], out[:40])

late = [r for r in flights if r["delay"] > 180 and r["distance"] >= 2000]
out = []
for (delay,), rows in groups(late, "delay").items():
    out.append((delay, len(rows), max(column(rows, "distance")), corr([(r["distance"], r["time"]) for r in rows])))
out.sort()
case("late flights", FLIGHTS,
     ["--by", "delay", "--where", "delay > 180 and distance >= 2000",
      "--agg", "count(), max(distance), corr(distance, time)"],
     ["delay", "count()", "max(distance)", "corr(distance, time)"], out)

json.dump(CASES, sys.stdout, ensure_ascii=False, indent=1)
sys.stdout.write("\n")
