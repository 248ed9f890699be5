#!/usr/bin/env python3
"""random-database.py SEED: SQL that makes a database of odd things.

The text goes to psql, as a superuser, into an empty database in UTF-8 of
PostgreSQL 14 or newer. The same seed gives the same text.
"""
import json
import random
import string
import sys

NAME_MAX = 63  # bytes
CONTROLS = [chr(c) for c in range(1, 32)] + ["\x7f"]
LETTERS = string.ascii_letters + string.digits + " "
WIDE = "äßñ€表示λЖ🐘\u0301\u2028\ufeff\u00a0\uffff\u0085"
PIECES = [
    "\\.", "\\N", "\n\\.\n", "\\", "\\\\", "'", '"', "$$", "$_$", "%s", "%",
    "\r\n", "\t", "--", "/*", "*/", ";", "{", "}", ",", "(", ")", "NULL",
    "-- pgbackpipe end {\"tables\":0,\"row_count\":0,\"bytes\":0}",
    "\nCOPY public.t (a) FROM stdin;\n1\n\\.\n", "\\! false", "\\unrestrict x",
    "\n--\n-- PostgreSQL database dump complete\n--\n", "\b\f\v",
]
NAME_PIECES = [
    "select", "table", "user", "Mixed Case", 'quo"ted', "it's", "new\nline",
    "tab\t", "back\\slash", "trailing ", " leading", "100%", "%s", "$1", "$$",
    "größe", "表", "🐘", "a.b", "*", "?", "[x]", "--", "/* */", ";", "\r",
    "\x01", "\x1f\x7f", "-- pgbackpipe end {}", "COPY x FROM stdin;", "\\.",
    "public", "a|b(*)?{2}.^$\\+", "=", "#", "{}", "ı", "e\u0301", "~", "&<>",
]
KEYWORDS = ["all", "select", "table", "user", "order", "group", "end", "from",
            "between", "char", "values", "row", "time", "interval", "x", "A"]


def quote(text):
    """A string constant."""
    if "\\" in text:
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + text.replace("'", "''") + "'"


def ident(name):
    return '"' + name.replace('"', '""') + '"'


def cut(text, size):
    return text.encode()[:size].decode(errors="ignore")


class Values:
    """Random values, in the text form of each type."""

    def __init__(self, rng):
        self.rng = rng
        self.enums = {}
        self.composites = {}
        self.names = {}  # of tables and the like, for reg* types

    def pick(self, *items):
        item = self.rng.choice(items)
        return item() if callable(item) else item

    def text(self, most=40):
        rng = self.rng
        if rng.random() < 0.03:
            return rng.choice(PIECES) * rng.randrange(1, 3000)
        return "".join(
            rng.choice((lambda: rng.choice(LETTERS),) * 5
                       + (lambda: rng.choice(PIECES),
                          lambda: rng.choice(CONTROLS),
                          lambda: rng.choice(WIDE)))()
            for _ in range(rng.randrange(most)))

    def integer(self, bits):
        limit = 1 << (bits - 1)
        return str(self.pick(0, 1, -1, -limit, limit - 1,
                             lambda: self.rng.randrange(-limit, limit)))

    def numeric(self):
        digits = "".join(self.rng.choices(string.digits,
                                          k=self.rng.randrange(1, 60)))
        return self.pick("NaN", "Infinity", "-Infinity", "0", "-0.000",
                         "1e-300", "9" * 1000 + ".5", "1" + "0" * 5000,
                         digits, "-" + digits + "." + digits[::-1])

    def number(self):
        return repr(self.pick(0.1, -0.0, 1e-307, 1e307, 3, lambda:
                              self.rng.uniform(-1e6, 1e6)))

    def double(self):
        return self.pick("NaN", "Infinity", "-Infinity", "-0", "5e-324",
                         "1.7976931348623157e308", self.number)

    def real(self):
        return self.pick("NaN", "Infinity", "-Infinity", "-0", "1e-45",
                         "3.4028235e38", "0.1", "16777217")

    def date(self):
        rng = self.rng
        return self.pick("infinity", "-infinity", "4713-01-01 BC",
                         "0044-03-15 BC", "5874897-12-31", "2000-02-29",
                         lambda: f"{rng.randrange(1, 9999):04}-"
                         f"{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}")

    def time(self):
        rng = self.rng
        return self.pick("00:00", "24:00", "23:59:59.999999", lambda:
                         f"{rng.randrange(24):02}:{rng.randrange(60):02}:"
                         f"{rng.randrange(60):02}.{rng.randrange(1000000):06}")

    def zone(self):
        return self.pick("+00", "-12", "+14", "+05:45", "-03:30", "+01:23:45")

    def day(self):
        return f"{self.rng.randrange(1000, 3000)}-{self.rng.randrange(1, 13):02}-15"

    def timestamp(self):
        return self.pick("infinity", "-infinity", "4713-01-01 00:00:00 BC",
                         "294276-12-31 23:59:59.999999",
                         lambda: self.day() + " " + self.time())

    def timestamptz(self):
        return self.pick("infinity", "-infinity", "0001-01-01 00:00:00+00 BC",
                         lambda: self.day() + " " + self.time() + self.zone())

    def interval(self):
        rng = self.rng
        return self.pick("0", "-178000000 years", "1 mon -1 day", "00:00:00.000001",
                         "-1 year +2 mons -3 days -04:05:06.789", "2562047788:00:54",
                         lambda: f"{rng.randrange(-99, 99)} mons {rng.randrange(-999, 999)}"
                         f" days {rng.randrange(-10**9, 10**9)} microseconds")

    def bits(self, size=None):
        size = self.rng.randrange(80) if size is None else size
        return "".join(self.rng.choices("01", k=size))

    def bytea(self):
        size = self.rng.choice([0, 1, 5, 50, 5000])
        return "\\x" + self.rng.randbytes(size).hex()

    def uuid(self):
        return self.rng.randbytes(16).hex()

    def tree(self, depth=0):
        rng = self.rng
        kind = rng.randrange(8 if depth < 3 else 6)
        if kind == 6:
            return [self.tree(depth + 1) for _ in range(rng.randrange(4))]
        if kind == 7:
            return {self.text(6): self.tree(depth + 1) for _ in range(rng.randrange(4))}
        return [None, True, rng.uniform(-1e9, 1e9), rng.randrange(10**30),
                self.text(12), ""][kind]

    def json(self):
        return json.dumps(self.tree(), ensure_ascii=self.rng.random() < 0.5,
                          indent=self.rng.choice([None, None, 1, "\t"]))

    def jsonpath(self):
        return self.pick("$", "$.a[*] ? (@ > 1)", 'strict $."a b".c[0 to last]',
                         '$.x ? (@.y like_regex "^a.*\\"b" flag "i")')

    def xml(self):
        return self.pick("<a/>", "text &amp; more", '<?xml version="1.0"?><a b="c\'d"/>',
                         "<a>\n\t<!-- x --><![CDATA[\\.\n<b>]]></a>", "", "<ä>表</ä>")

    def inet(self):
        rng = self.rng
        return self.pick("::1", "::/0", "2001:db8::ff/64", lambda:
                         ".".join(str(rng.randrange(256)) for _ in range(4))
                         + self.pick("", "/8", "/31"))

    def mac(self, size):
        return self.rng.randbytes(size).hex(":")

    def point(self):
        return f"({self.number()},{self.number()})"

    def points(self, least):
        return ",".join(self.point() for _ in range(self.rng.randrange(least, 6)))

    def range(self, values):
        low, high = sorted(values)
        opening, closing = self.rng.choice("[("), self.rng.choice("])")
        return self.pick("empty", "(,)", f"{opening}{low},)", f"(,{high}{closing}",
                         f"{opening}{low},{high}{closing}")

    def int_range(self):
        return self.range(self.rng.sample(range(1000, 9999), 2))

    def day_range(self):
        return self.range([f"{self.rng.randrange(1000, 1999)}-01-01",
                           f"{self.rng.randrange(2000, 2999)}-12-31"])

    def text_range(self):
        low = "".join(self.rng.choices(string.ascii_lowercase, k=3))
        return self.range([f'"a{low}"', f'"b{low} ""\\\\"'])

    def multi(self, one):
        return "{" + ",".join(one() for _ in range(self.rng.randrange(4))) + "}"

    def words(self):
        return " ".join("'" + cut(self.text(8), 500).replace("\\", "\\\\").replace("'", "''")
                        + "x'" + self.pick("", ":1", ":3A,9B")
                        for _ in range(self.rng.randrange(5)))

    def query(self):
        return self.pick("", "'a' & !b | c <-> d", "'qu''ote':*AB & 'back\\\\slash'",
                         "!('x' <3> 'y z')")

    def array(self, one, delimiter=","):
        rng = self.rng

        def quoted():
            value = None if rng.random() < 0.15 else one()
            if value is None:
                return "NULL"
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        dimensions = rng.choice([0, 1, 1, 2, 3])
        if dimensions == 0:
            return "{}"
        sizes = [rng.randrange(1, 4) for _ in range(dimensions)]

        def level(n):
            if n == dimensions:
                return quoted()
            return "{" + delimiter.join(level(n + 1) for _ in range(sizes[n])) + "}"
        bounds = ""
        if rng.random() < 0.2:
            bounds = "".join(f"[{b}:{b + n - 1}]" for n, b in
                             ((n, rng.randrange(-3, 5)) for n in sizes)) + "="
        return bounds + level(0)

    def row(self, types):
        fields = []
        for one in types:
            value = None if self.rng.random() < 0.2 else self.of(one)
            fields.append("" if value is None else '"' + value.replace(
                "\\", "\\\\").replace('"', '""') + '"')
        return "(" + ",".join(fields) + ")"

    def of(self, kind):
        """A value of the type that TYPES names so, or of one of our own."""
        if kind.endswith("[]"):
            return self.array(lambda: self.of(kind[:-2]),
                              ";" if kind == "box[]" else ",")
        if kind in self.enums:
            return self.rng.choice(self.enums[kind])
        if kind in self.composites:
            return self.row(self.composites[kind])
        if kind in self.names:
            return self.rng.choice(self.names[kind])
        return TYPES[kind](self)


TYPES = {
    "smallint": lambda v: v.integer(16),
    "integer": lambda v: v.integer(32),
    "bigint": lambda v: v.integer(64),
    "numeric": Values.numeric,
    "numeric(20,7)": lambda v: v.pick("NaN", "0", "-12345.6789012", "9999999999999"),
    "real": Values.real,
    "double precision": Values.double,
    "money": lambda v: v.pick("0", "-92233720368547758.08", "1234.56"),
    "boolean": lambda v: v.pick("t", "f"),
    "character(7)": lambda v: v.text(4)[:3].replace("\x00", ""),
    "character varying(50)": lambda v: v.text(30)[:50],
    "text": Values.text,
    'text COLLATE "C"': Values.text,
    "name": lambda v: cut(v.text(20), NAME_MAX),
    '"char"': lambda v: v.pick("", "a", "\\", "\n", "'"),
    "bytea": Values.bytea,
    "bit(9)": lambda v: v.bits(9),
    "bit varying": Values.bits,
    "date": Values.date,
    "time": Values.time,
    "time(2)": Values.time,
    "timetz": lambda v: v.time() + v.zone(),
    "timestamp": Values.timestamp,
    "timestamp(0)": lambda v: v.day() + " 23:59:59.7",
    "timestamptz": Values.timestamptz,
    "interval": Values.interval,
    "interval(2)": Values.interval,
    "interval year to month": lambda v: "-3 years 5 mons",
    "uuid": Values.uuid,
    "json": Values.json,
    "jsonb": Values.json,
    "jsonpath": Values.jsonpath,
    "xml": Values.xml,
    "inet": Values.inet,
    "cidr": lambda v: v.pick("10.0.0.0/8", "::/0", "2001:db8::/32", "1.2.3.4"),
    "macaddr": lambda v: v.mac(6),
    "macaddr8": lambda v: v.mac(8),
    "point": Values.point,
    "line": lambda v: "{" + v.pick("1,-1,0", "0,2.5,-3", "0.1,0.2,0.3") + "}",
    "lseg": lambda v: f"[{v.point()},{v.point()}]",
    "box": lambda v: f"{v.point()},{v.point()}",
    "path": lambda v: v.pick("[%s]", "(%s)") % v.points(1),
    "polygon": lambda v: f"({v.points(1)})",
    "circle": lambda v: f"<{v.point()},{v.rng.randrange(99)}.5>",
    "int4range": Values.int_range,
    "int8range": Values.int_range,
    "numrange": Values.int_range,
    "daterange": Values.day_range,
    "tsrange": Values.day_range,
    "tstzrange": Values.day_range,
    "int4multirange": lambda v: v.multi(v.int_range),
    "nummultirange": lambda v: v.multi(v.int_range),
    "datemultirange": lambda v: v.multi(v.day_range),
    "tsvector": Values.words,
    "tsquery": Values.query,
    "oid": lambda v: str(v.rng.randrange(1 << 32)),
    "xid8": lambda v: str(v.rng.randrange(1 << 64)),
    "xid": lambda v: str(v.rng.randrange(1 << 32)),
    "tid": lambda v: f"({v.rng.randrange(1 << 32)},{v.rng.randrange(1 << 16)})",
    "pg_lsn": lambda v: f"{v.rng.randrange(1 << 32):X}/{v.rng.randrange(1 << 32):X}",
    "pg_snapshot": lambda v: "10:20:10,14,15",
    "oidvector": lambda v: " ".join(str(v.rng.randrange(99)) for _ in range(5)),
    "regtype": lambda v: v.pick("integer", "text[]", "double precision"),
    "regproc": lambda v: v.pick("pg_catalog.now", "-"),
    "regrole": lambda v: "postgres",
    "regnamespace": lambda v: "pg_catalog",
    "regclass": lambda v: v.pick("pg_catalog.pg_class", "-"),
}
# Types of keys: values are made of a number, and so do not clash.
KEYS = ["integer", "bigint", "text", "uuid", "date", "numeric"]


def key(kind, n):
    return {"uuid": f"{n:032x}", "date": f"{2000 + n}-01-01",
            "text": f"k{n} \\ '"}.get(kind, str(n))


class Database:
    def __init__(self, seed):
        self.seed = seed
        self.rng = random.Random(seed)
        self.values = Values(self.rng)
        self.out = []
        self.used = set()
        self.own_types = []
        self.schemas = []
        self.tables = []  # (quoted name, [(column, type)], key column or None)
        self.views = []
        self.functions = []
        self.roles = ['"fidelity a"', "\"fidelity 'b\"\"\\\""]

    def add(self, text):
        self.out.append(text.rstrip(";") + ";")

    def maybe(self, chance):
        return self.rng.random() < chance

    def name(self):
        """A quoted name that was not used before."""
        rng = self.rng
        while True:
            kind = rng.randrange(6)
            if kind == 0:
                name = rng.choice(KEYWORDS)
            elif kind == 1:
                name = rng.choice(NAME_PIECES) + str(rng.randrange(100))
            elif kind == 2:
                name = cut(rng.choice(NAME_PIECES) + str(rng.randrange(100))
                           + rng.choice("xä🐘") * NAME_MAX, NAME_MAX)
            elif kind == 3:
                name = cut("".join(rng.choices(NAME_PIECES, k=3)), NAME_MAX)
            elif kind == 4:
                name = cut(str(rng.randrange(1000)) + self.values.text(20), NAME_MAX)
            else:
                name = f"plain_{rng.randrange(1000)}"
            if name and not name.startswith("pg_") and name.lower() not in self.used:
                self.used.add(name.lower())
                return ident(name)

    def in_schema(self):
        return self.rng.choice(self.schemas) + "." + self.name()

    def type(self):
        if self.own_types and self.maybe(0.25):
            kind = self.rng.choice(self.own_types)
        else:
            kind = self.rng.choice(list(TYPES))
        if self.maybe(0.12) and "COLLATE" not in kind:
            kind += "[]"
        return kind

    def literal(self, kind, null=0.15):
        if self.maybe(null):
            return "NULL"
        return quote(self.values.of(kind))

    def comment(self, what):
        if self.maybe(0.3):
            self.add(f"COMMENT ON {what} IS {quote(self.values.text(60) + '!')}")

    def grant(self, what, privileges):
        if self.maybe(0.2):
            self.add(f"GRANT {self.rng.choice(privileges)} ON {what} TO "
                     f"{self.rng.choice(self.roles + ['PUBLIC'])}")

    # -- what tables are made of --

    def make_schemas(self):
        for role in self.roles:
            text = role[1:-1].replace('""', '"')
            self.add(f"DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = "
                     f"{quote(text)}) THEN CREATE ROLE {role}; END IF; END $do$")
        self.schemas = ["public"] + [self.name() for _ in range(self.rng.randrange(1, 4))]
        for schema in self.schemas[1:]:
            self.add(f"CREATE SCHEMA {schema}")
            self.comment(f"SCHEMA {schema}")
            self.grant(f"SCHEMA {schema}", ["USAGE", "ALL"])
        if self.maybe(0.5):
            self.add(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {self.schemas[-1]} "
                     f"GRANT SELECT ON TABLES TO {self.rng.choice(self.roles)}")

    def make_types(self):
        rng, values = self.rng, self.values
        for _ in range(rng.randrange(1, 3)):
            kind = self.in_schema()
            labels = sorted({cut(values.text(15) + str(n), NAME_MAX) or "x"
                             for n in range(rng.randrange(1, 6))})
            rng.shuffle(labels)
            self.add(f"CREATE TYPE {kind} AS ENUM ({', '.join(map(quote, labels))})")
            values.enums[kind] = labels
            self.own_types.append(kind)
            self.comment(f"TYPE {kind}")
        self.enum = kind
        for _ in range(rng.randrange(3)):
            kind = self.in_schema()
            fields = [self.type() for _ in range(rng.randrange(1, 4))]
            self.add(f"CREATE TYPE {kind} AS ("
                     + ", ".join(f"{self.name()} {t}" for t in fields) + ")")
            values.composites[kind] = fields
            self.own_types.append(kind)
        kind = self.in_schema()
        self.add(f"CREATE DOMAIN {kind} AS text COLLATE \"C\" CONSTRAINT {self.name()} "
                 f"CHECK (length(VALUE) < 10000000)")
        values.names[kind] = [values.text() for _ in range(4)]
        self.own_types.append(kind)
        over = self.in_schema()
        self.add(f"CREATE DOMAIN {over} AS {kind} DEFAULT {quote(values.text(9))}")
        values.names[over] = values.names[kind]
        self.own_types.append(over)
        kind = self.in_schema()
        # The server may cut the name that it makes up within a character.
        self.add(f"CREATE TYPE {kind} AS RANGE (subtype = text, collation = \"C\", "
                 f"multirange_type_name = {self.in_schema()})")
        values.names[kind] = [values.text_range() for _ in range(5)]
        self.own_types.append(kind)
        if self.maybe(0.5):
            self.collation = self.in_schema()
            self.add(f"CREATE COLLATION {self.collation} (provider = libc, locale = 'C')")
        else:
            self.collation = '"C"'

    def make_sequences(self):
        rng = self.rng
        for _ in range(rng.randrange(3)):
            name = self.in_schema()
            step = rng.choice([1, -3, 7])
            self.add(f"CREATE {rng.choice(['', '', 'UNLOGGED '] if self.new else [''])}SEQUENCE {name} "
                     f"AS {rng.choice(['smallint', 'integer', 'bigint'])} INCREMENT {step} "
                     f"MINVALUE -1000 MAXVALUE 1000 START {rng.randrange(-1000, 1000)} "
                     f"CACHE {rng.choice([1, 5])} {rng.choice(['', 'CYCLE'])}")
            self.add(f"SELECT setval({quote(name)}, {rng.randrange(-900, 900)}, "
                     f"{rng.choice(['true', 'false'])})")
            self.comment(f"SEQUENCE {name}")
            self.grant(f"SEQUENCE {name}", ["USAGE", "SELECT", "ALL"])

    # -- tables --

    def parts(self, kind):
        """Of a composite type; no constant may hold a regrole."""
        kind = kind.removesuffix("[]")
        return [p for one in self.values.composites.get(kind, ())
                for p in self.parts(one)] + [kind]

    def column(self, kind):
        rng = self.rng
        text = kind
        chance = rng.random()
        if chance < 0.1 and "regrole" not in self.parts(kind):
            text += f" DEFAULT {self.literal(kind)}"
        elif chance < 0.15 and kind == "text":
            text += f" COLLATE {self.collation}"
        if self.maybe(0.1):
            text += f" CONSTRAINT {self.name()} CHECK (true)"
        return text

    def fill(self, table, columns, rows, key_kind=None):
        """Rows for columns [(name, type)]; the first is a key if it has a kind."""
        if not columns:
            self.add(f"INSERT INTO {table} SELECT FROM generate_series(1, {rows})")
            return
        for first in range(0, rows, 20):
            tuples = []
            for n in range(first, min(rows, first + 20)):
                items = [self.literal(kind) for _, kind in columns]
                if key_kind:
                    items[0] = quote(key(key_kind, n))
                tuples.append("(" + ", ".join(items) + ")")
            self.add(f"INSERT INTO {table} ({', '.join(c for c, _ in columns)}) "
                     f"OVERRIDING SYSTEM VALUE VALUES\n" + ",\n".join(tuples))

    def make_table(self):
        rng = self.rng
        table = self.in_schema()
        key_kind = rng.choice(KEYS) if self.maybe(0.7) else None
        columns, texts = [], []
        if key_kind:
            columns.append((self.name(), key_kind))
            texts.append(f"{columns[0][0]} {key_kind} PRIMARY KEY")
        for _ in range(rng.randrange(0, 9)):
            kind = self.type()
            columns.append((self.name(), kind))
            texts.append(f"{columns[-1][0]} {self.column(kind)}")
        doomed = None
        if self.maybe(0.4):
            doomed = self.name()
            texts.insert(rng.randrange(len(texts) + 1), f"{doomed} text DEFAULT 'gone'")
        identity = self.maybe(0.3)
        if identity:
            texts.append(f"{self.name()} bigint GENERATED "
                         f"{rng.choice(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY "
                         f"(INCREMENT {rng.choice([1, 5])} CACHE 3)")
        if self.maybe(0.3):
            base = columns[0][0] + "::text" if key_kind in ("text", "bigint") \
                else "'fixed'::text"
            texts.insert(rng.randrange(len(texts) + 1), f"{self.name()} text GENERATED "
                         f"ALWAYS AS (md5({base})) STORED")
        kind = rng.choice(["", "", "", "UNLOGGED "])
        option = rng.choice(["", "", " WITH (fillfactor = 40, autovacuum_enabled = off)"])
        self.add(f"CREATE {kind}TABLE {table} (" + ", ".join(texts) + ")" + option)
        self.fill(table, columns, rng.choice([0, 1, 3, 10, 60]), key_kind)
        if doomed:
            self.add(f"ALTER TABLE {table} DROP COLUMN {doomed}")
        if self.maybe(0.2):
            late = (self.name(), self.type())
            if "regrole" not in self.parts(late[1]):
                self.add(f"ALTER TABLE {table} ADD COLUMN {late[0]} {late[1]} "
                         f"DEFAULT {self.literal(late[1])}")
        if columns and self.maybe(0.2):
            self.add(f"DELETE FROM {table} WHERE ctid < '(0,3)'")
        self.dress(table, columns)
        self.tables.append((table, columns, key_kind, kind))

    def dress(self, table, columns):
        """What stands around a table."""
        rng = self.rng
        self.comment(f"TABLE {table}")
        self.grant(f"TABLE {table}", ["SELECT", "ALL", "INSERT, UPDATE"])
        for name, kind in columns:
            if self.maybe(0.1):
                self.comment(f"COLUMN {table}.{name}")
            if self.maybe(0.05):
                self.add(f"ALTER TABLE {table} ALTER {name} SET STATISTICS {rng.randrange(500)}")
            if kind == "text" and self.maybe(0.3):
                self.add(f"ALTER TABLE {table} ALTER {name} SET STORAGE "
                         f"{rng.choice(['EXTERNAL', 'MAIN', 'PLAIN'])}")
            if kind in KEYS and self.maybe(0.3):
                self.add(f"CREATE INDEX {self.name()} ON {table} ({name} DESC NULLS LAST) "
                         f"{rng.choice(['', 'WITH (fillfactor = 50)', f'WHERE {name} IS NOT NULL'])}")
            if kind in ("int4range", "tsrange") and self.maybe(0.5):
                self.add(f"CREATE INDEX ON {table} USING gist ({name})")
            if kind == "jsonb" and self.maybe(0.5):
                self.add(f"CREATE INDEX {self.name()} ON {table} USING gin ({name} jsonb_path_ops)")
            if kind == "text" and self.maybe(0.2):
                self.add(f"CREATE INDEX ON {table} (left(md5({name}), 9), (1 + length({name})))")
        keys = [c for c, kind in columns if kind in KEYS]
        if len(keys) > 1 and self.maybe(0.5):
            self.add(f"CREATE STATISTICS {self.in_schema()} (ndistinct, mcv) ON "
                     f"{', '.join(keys[:3])} FROM {table}")
        if self.maybe(0.1):
            self.add(f"ALTER TABLE {table} REPLICA IDENTITY {rng.choice(['FULL', 'NOTHING'])}")

    def make_inheritance(self):
        a, b, c = self.in_schema(), self.in_schema(), self.in_schema()
        x, y, z = self.name(), self.name(), self.name()
        kind = self.type()
        self.add(f"CREATE TABLE {a} ({x} integer DEFAULT 1, {y} {kind})")
        self.add(f"CREATE TABLE {b} ({z} text, {x} integer NOT NULL)")
        self.add(f"CREATE TABLE {c} ({self.name()} date, {y} {kind}) INHERITS ({b}, {a})")
        self.add(f"ALTER TABLE {a} ADD COLUMN {self.name()} integer DEFAULT 5")
        self.add(f"ALTER TABLE ONLY {c} ALTER {x} SET DEFAULT 7")
        columns = [(x, "smallint"), (y, kind)]
        for table in (a, c):
            self.fill(table, columns, self.rng.randrange(8), "integer")
        self.fill(b, [(x, "smallint"), (z, "text")], 4, "integer")
        self.add(f"ALTER TABLE {a} ADD CONSTRAINT {self.name()} CHECK ({x} > -9) NO INHERIT")

    def make_partitions(self):
        rng = self.rng
        root = self.in_schema()
        method = rng.choice(["RANGE", "LIST", "HASH", "HASH"])
        kind = rng.choice(["integer", "text", "date"] + [self.enum] * (method != "RANGE"))
        at, more = self.name(), self.name()
        other = self.type()
        self.add(f"CREATE TABLE {root} ({at} {kind}, {more} {other}) PARTITION BY {method} ({at})")

        def text(n):
            if kind == self.enum:
                labels = self.values.enums[kind]
                return quote(labels[n % len(labels)])
            return quote(key(kind, n))
        parts = []
        if method == "RANGE":
            bounds = [f"FROM ({'MINVALUE' if n == 0 else text(3 * n)}) TO ({text(3 * n + 3)})"
                      for n in range(3)]
        elif method == "LIST":
            bounds = [f"IN ({text(n)})" for n in range(3)]
            if kind == self.enum:
                bounds = bounds[:len(set(bounds))]
                bounds = list(dict.fromkeys(bounds))
        else:
            bounds = [f"WITH (MODULUS 3, REMAINDER {n})" for n in range(3)]
        for n, bound in enumerate(bounds):
            part = self.in_schema()
            if n == 0:
                sub = f"PARTITION BY HASH ({at})"
                self.add(f"CREATE TABLE {part} PARTITION OF {root} FOR VALUES {bound} {sub}")
                for r in range(2):
                    leaf = self.in_schema()
                    self.add(f"CREATE TABLE {leaf} PARTITION OF {part} FOR VALUES WITH "
                             f"(MODULUS 2, REMAINDER {r})")
            elif n == 1:
                self.add(f"CREATE TABLE {part} ({more} {other}, gone int, {at} {kind})")
                self.add(f"ALTER TABLE {part} DROP gone")
                self.add(f"ALTER TABLE {root} ATTACH PARTITION {part} FOR VALUES {bound}")
            else:
                self.add(f"CREATE TABLE {part} PARTITION OF {root} FOR VALUES {bound}")
            parts.append(part)
        if method != "HASH":
            self.add(f"CREATE TABLE {self.in_schema()} PARTITION OF {root} DEFAULT")
        for n in range(rng.randrange(30)):
            self.add(f"INSERT INTO {root} ({at}, {more}) VALUES ({text(n)}, {self.literal(other)})")
        self.add(f"CREATE INDEX {self.name()} ON {root} ({at})")
        # Rows of a hashed enum may belong into any partition elsewhere.
        if self.maybe(0.3) and kind != self.enum:
            self.add(f"ALTER TABLE {root} DETACH PARTITION {parts[-1]}")

    def make_large(self):
        """One that several connections read by ranges of blocks."""
        table = self.in_schema()
        x, y = self.name(), self.name()
        self.add(f"CREATE TABLE {table} ({x} integer, gone integer, {y} text)")
        self.add(f"ALTER TABLE {table} DROP COLUMN gone")
        self.add(f"INSERT INTO {table} SELECT g, repeat(chr(1 + g % 300), g % 150) "
                 f"FROM generate_series(1, 16000) g")
        self.add(f"DELETE FROM {table} WHERE {x} % 7 = 0 OR {x} BETWEEN 4000 AND 9000")
        self.add(f"UPDATE {table} SET {y} = {quote(self.values.text(30))} WHERE {x} % 11 = 0")

    def make_foreign_keys(self):
        keyed = [t for t in self.tables if t[2] and not t[3]]
        for n, (table, columns, kind, _) in enumerate(keyed):
            to, to_columns, to_kind, _ = keyed[(n + 1) % len(keyed)]
            name = self.name()
            self.add(f"ALTER TABLE {table} ADD COLUMN {name} {to_kind}")
            self.add(f"ALTER TABLE {table} ADD CONSTRAINT {self.name()} FOREIGN KEY ({name}) "
                     f"REFERENCES {to} ON DELETE {self.rng.choice(['CASCADE', 'SET NULL', 'RESTRICT'])} "
                     f"{self.rng.choice(['', 'DEFERRABLE INITIALLY DEFERRED', 'NOT VALID'])}")
            self.add(f"UPDATE {table} SET {name} = (SELECT {to_columns[0][0]} FROM {to} "
                     f"ORDER BY 1 LIMIT 1)")

    # -- the rest --

    def body(self):
        return self.values.text(60).replace("*/", "").replace("/*", "") + "".join(
            self.rng.choices(PIECES[19:23], k=2))

    def make_functions(self):
        for n in range(self.rng.randrange(1, 4)):
            name = self.in_schema()
            tag = f"$f{self.seed}x{n}$"
            if self.maybe(0.5):
                self.add(f"CREATE FUNCTION {name}(a text DEFAULT {quote(self.values.text(9))}) RETURNS text "
                         f"LANGUAGE plpgsql IMMUTABLE AS {tag}\nBEGIN RETURN a; END;\n/*"
                         f"{self.body()}*/\n{tag}")
            else:
                self.add(f"CREATE FUNCTION {name}(a text DEFAULT 'x') RETURNS text LANGUAGE sql IMMUTABLE "
                         f"AS {quote('SELECT a /*' + self.body() + '*/')}")
            self.comment(f"FUNCTION {name}(text)")
            self.functions.append(name)
        self.trigger = self.in_schema()
        self.add(f"CREATE FUNCTION {self.trigger}() RETURNS trigger LANGUAGE plpgsql AS "
                 f"$t$ BEGIN RAISE EXCEPTION 'must not fire'; END $t$")
        state = self.in_schema()
        self.add(f"CREATE FUNCTION {state}(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS "
                 f"{quote('SELECT $2 || $1 -- $$')}")
        self.add(f"CREATE AGGREGATE {self.in_schema()}(text) (SFUNC = {state}, STYPE = text, "
                 f"INITCOND = {quote(self.values.text(9))})")
        schema = self.rng.choice(self.schemas)
        compare = self.in_schema()
        self.add(f"CREATE FUNCTION {compare}(text, text) RETURNS integer LANGUAGE sql IMMUTABLE "
                 f"AS 'SELECT pg_catalog.bttextcmp($2, $1)'")
        less = self.in_schema()
        self.add(f"CREATE FUNCTION {less}(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE "
                 f"AS 'SELECT $1 OPERATOR(pg_catalog.>) $2'")
        self.add(f"CREATE OPERATOR {schema}.<#< (LEFTARG = text, RIGHTARG = text, FUNCTION = {less})")
        self.add(f"CREATE OPERATOR CLASS {schema}.{self.name()} FOR TYPE text USING btree AS "
                 f"OPERATOR 1 {schema}.<#<, FUNCTION 1 {compare}(text, text)")

    def make_triggers(self):
        """What would be in the way of rows, so it comes last."""
        for table, columns, _, _ in self.tables:
            if columns and self.maybe(0.15):
                self.add(f"ALTER TABLE {table} ADD CONSTRAINT {self.name()} "
                         f"CHECK ({columns[0][0]} IS NULL) NOT VALID")
            if self.maybe(0.15):
                self.add(f"ALTER TABLE {table} OWNER TO {self.rng.choice(self.roles)}")
            if self.maybe(0.3):
                trigger = self.name()
                self.add(f"CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table} "
                         f"FOR EACH ROW EXECUTE FUNCTION {self.trigger}({quote(self.values.text(9))})")
                self.add(f"ALTER TABLE {table} "
                         f"{self.rng.choice(['ENABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA', 'DISABLE'])} "
                         f"TRIGGER {trigger}")
            if columns and self.maybe(0.2):
                self.add(f"CREATE RULE {self.name()} AS ON INSERT TO {table} "
                         f"{self.rng.choice(['WHERE false ', ''])}DO INSTEAD NOTHING")
            if columns and self.maybe(0.2):
                self.add(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
                self.add(f"ALTER TABLE {table} {self.rng.choice(['NO ', ''])}FORCE ROW LEVEL SECURITY")
                self.add(f"CREATE POLICY {self.name()} ON {table} TO {self.rng.choice(self.roles)} "
                         f"USING ({columns[0][0]} IS NOT NULL)")

    def make_views(self):
        froms = [(t, c) for t, c, _, _ in self.tables if c]
        for _ in range(self.rng.randrange(1, 5)):
            if not froms:
                return
            source, columns = self.rng.choice(froms)
            name = self.in_schema()
            kind = self.rng.choice(["VIEW", "VIEW", "MATERIALIZED VIEW"])
            self.add(f"CREATE {kind} {name} AS SELECT {', '.join(c for c, _ in columns)}, "
                     f"{quote(self.values.text(20))}::text AS {self.name()} FROM {source}"
                     + (" WITH NO DATA" if kind[0] == "M" and self.maybe(0.2) else ""))
            self.comment(f"{kind} {name}")
            self.grant(f"TABLE {name}", ["SELECT"])
            # What reads one that holds nothing cannot be restored.
            if not self.out[-1].endswith("NO DATA;") and "NO DATA" not in "".join(self.out[-3:]):
                froms.append((name, columns))

    def make_rest(self):
        rng = self.rng
        for _ in range(rng.randrange(4)):
            oid = rng.randrange(20000, 1 << 31)
            data = rng.randbytes(rng.choice([0, 1, 2048, 2049, 70000]))
            self.add(f"SELECT lo_from_bytea({oid}, '\\x{data.hex()}')")
            self.comment(f"LARGE OBJECT {oid}")
            self.grant(f"LARGE OBJECT {oid}", ["SELECT"])
        if self.maybe(0.5):
            function = self.in_schema()
            self.add(f"CREATE FUNCTION {function}() RETURNS event_trigger LANGUAGE plpgsql AS "
                     f"$e$ BEGIN NULL; END $e$")
            trigger = self.name()
            self.add(f"CREATE EVENT TRIGGER {trigger} ON ddl_command_end "
                     f"{rng.choice(['', 'WHEN TAG IN ($x$CREATE TABLE$x$) '])}"
                     f"EXECUTE FUNCTION {function}()".replace("$x$", "'"))
            self.comment(f"EVENT TRIGGER {trigger}")
        logged = [t for t, _, k, u in self.tables if not u]
        if logged and self.maybe(0.7):
            self.add(f"CREATE PUBLICATION {self.name()} FOR TABLE "
                     f"{', '.join(rng.sample(logged, min(2, len(logged))))} WITH (publish = 'insert')")
        if self.maybe(0.3):
            self.add(f"CREATE PUBLICATION {self.name()} FOR ALL TABLES")
        if self.maybe(0.3):
            self.add(f"CREATE TEXT SEARCH CONFIGURATION {self.in_schema()} (COPY = simple)")

    def make(self):
        rng = self.rng
        self.new = False  # UNLOGGED sequences: 15 and newer only
        self.add("SET client_min_messages = warning")
        self.add("SET client_encoding = 'UTF8'")
        self.add("SET check_function_bodies = off")
        self.make_schemas()
        self.make_types()
        self.make_sequences()
        self.make_functions()
        for _ in range(rng.randrange(3, 9)):
            self.make_table()
        if self.maybe(0.6):
            self.make_inheritance()
        for _ in range(rng.randrange(3)):
            self.make_partitions()
        if self.seed % 4 == 0:
            self.make_large()
        self.make_foreign_keys()
        self.make_views()
        self.make_triggers()
        self.make_rest()
        return "\n".join(self.out) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        print("usage: random-database.py SEED > sql", file=sys.stderr)
        sys.exit(100)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(Database(int(sys.argv[1])).make())
