-- nasty.sql: a database of all that may go wrong in a dump. UTF-8, by a
-- superuser, into an empty database: psql -v ON_ERROR_STOP=1 -f nasty.sql
-- PostgreSQL 14 and newer.
SET client_min_messages = warning;

-- Names ----------------------------------------------------------------

CREATE SCHEMA "select";
CREATE SCHEMA "Mixed.Case ""quoted""";
CREATE SCHEMA "new
line";
CREATE TABLE "Mixed.Case ""quoted"""."a|b(*)?[x]{2}.^$\+" ("user" int, "a b" text);
INSERT INTO "Mixed.Case ""quoted"""."a|b(*)?[x]{2}.^$\+" VALUES (1, 'x');
CREATE TABLE "new
line"."tab	and
line
" ("col
umn" int, "back\slash" text);
INSERT INTO "new
line"."tab	and
line
" VALUES (1, E'a\\b'), (2, E'\\.');
CREATE TABLE "select"."table" ("order" int PRIMARY KEY, "from" text NOT NULL);
INSERT INTO "select"."table" VALUES (1, 'reserved');
CREATE TABLE "select"."$dollar$" ("$1" int);
INSERT INTO "select"."$dollar$" VALUES (7);
CREATE TABLE "select"."größe_表_🐘" ("naïve" text);
INSERT INTO "select"."größe_表_🐘" VALUES ('ünï'), ('表'), ('🐘');
CREATE TABLE "select"."63_bytes_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	("63_bytes_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" int);
INSERT INTO "select"."63_bytes_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" VALUES (63);
CREATE TABLE "select"."-- pgbackpipe end {""tables"":0}" (a int);
INSERT INTO "select"."-- pgbackpipe end {""tables"":0}" VALUES (1);
CREATE TABLE "select"."x
-- pgbackpipe table {""schema"":""s"",""name"":""n"",""rows"":0,""bytes"":0,""from"":9}
COPY public.nothing (a) FROM stdin;
\.
" (a int);
INSERT INTO "select"."x
-- pgbackpipe table {""schema"":""s"",""name"":""n"",""rows"":0,""bytes"":0,""from"":9}
COPY public.nothing (a) FROM stdin;
\.
" VALUES (2);
CREATE TABLE "select"."trailing space " (a int);
CREATE TABLE "select"."""" (a int);
INSERT INTO "select"."""" VALUES (34);
CREATE TABLE "select"."*" (a int);
CREATE TABLE "select"."a.b" (a int);
CREATE TABLE "select"."UPPER" (a int);
CREATE TABLE "select".upper (a int);
INSERT INTO "select"."UPPER" VALUES (1);
INSERT INTO "select".upper VALUES (2);
COMMENT ON TABLE "select"."table" IS 'a comment
-- pgbackpipe end {"tables":0,"row_count":0,"bytes":0}
COPY x FROM stdin;
\.
it''s $quoted$';

-- Every type -------------------------------------------------------------

CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "happy"', 'new
line');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN word AS text CHECK (VALUE !~ ' ') DEFAULT 'none';
CREATE TYPE pair AS (a int, "b c" text);
CREATE TYPE floats AS RANGE (subtype = float8);
CREATE TABLE everything (
	id bigint GENERATED ALWAYS AS IDENTITY,
	c_smallint smallint, c_int int, c_bigint bigint,
	c_numeric numeric, c_numeric2 numeric(10,2), c_real real,
	c_double double precision, c_money money, c_bool boolean,
	c_char char(5), c_varchar varchar(20), c_text text, c_name name,
	c_single "char", c_bytea bytea, c_bit bit(5), c_varbit bit varying,
	c_date date, c_time time, c_timetz timetz, c_timestamp timestamp,
	c_timestamptz timestamptz, c_interval interval,
	c_uuid uuid, c_json json, c_jsonb jsonb, c_jsonpath jsonpath,
	c_xml text, c_inet inet, c_cidr cidr, c_macaddr macaddr,
	c_macaddr8 macaddr8, c_point point, c_line line, c_lseg lseg,
	c_box box, c_path path, c_polygon polygon, c_circle circle,
	c_int4range int4range, c_numrange numrange, c_tstzrange tstzrange,
	c_multirange int4multirange, c_floats floats,
	c_tsvector tsvector, c_tsquery tsquery, c_oid oid, c_regclass regclass,
	c_regtype regtype, c_pg_lsn pg_lsn, c_xid8 xid8,
	c_enum mood, c_domain positive, c_word word, c_pair pair,
	c_ints int[], c_texts text[][], c_enums mood[], c_pairs pair[],
	c_ranges int4range[], c_oidvector oidvector, c_void text
);
INSERT INTO everything (c_int) VALUES (NULL);
INSERT INTO everything VALUES (DEFAULT,
	-32768, -2147483648, -9223372036854775808, 'NaN', -0.01, '-Infinity',
	'NaN', -12.34, false, '', '', '', '', '', '', B'00000', B'',
	'-infinity', '00:00', '00:00+14', '-infinity', '-infinity', '0',
	'00000000-0000-0000-0000-000000000000', '{"a" : [1, 2,  null]}', '{}',
	'$', '<a/>', '::1', '::/0', '08:00:2b:01:02:03',
	'08:00:2b:01:02:03:04:05', '(0,-0)', '{1,-1,0}', '[(0,0),(1,1)]',
	'(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', '<(0,0),0>',
	'empty', '(,)', '[2020-01-01,)', '{}', '[-Infinity,Infinity]', '', '',
	0, 'pg_class', 'integer', '0/0', '0', 'sad', 1, 'w', ROW(NULL, NULL),
	'{}', '{}', '{}', '{}', '{}', '1 2', '');
INSERT INTO everything VALUES (DEFAULT,
	32767, 2147483647, 9223372036854775807,
	'123456789012345678901234567890.123456789012345678901234567890',
	99999999.99, 1.17549435e-38, 2.2250738585072014e-308, 1234567.89,
	true, 'abc', E'tab\tnl\ncr\rbs\\', E'\\N', E'na\\me', 'x',
	'\x00ff0a0d5c27', B'10101', B'1', 'infinity', '24:00',
	'23:59:59.999999-12', 'infinity', 'infinity',
	'-178000000 years -11 mons -1 days -00:00:00.000001',
	'ffffffff-ffff-ffff-ffff-ffffffffffff', E'"nl\\n\\u00e9"',
	'{"k": "v\n", "n": 1e400}', '$.a[*] ? (@ > 1)',
	E'<x>\n</x>', '192.168.0.1/24', '10.0.0.0/8', 'ff:ff:ff:ff:ff:ff',
	'ff:ff:ff:ff:ff:ff:ff:ff', '(1e300,1e-300)', '{0,1,2}',
	'[(0.1,0.2),(0.3,0.4)]', '(0.1,0.2),(0.3,0.4)', '((0,0),(1,1))',
	'((0,0))', '<(0.1,0.2),0.3>', '[1,10)', '[0.1,0.2]',
	'["2020-01-01 00:00:00+00","2020-06-01 00:00:00+02"]',
	'{[1,2),[5,9)}', '[0.1,0.30000000000000004]',
	'''quo''''ted'':1A b:2', '''a'' & !b | c <-> d', 4294967295,
	'"select"."table"', 'text[]', 'FFFFFFFF/FFFFFFFF', '18446744073709551615',
	'new
line', 2147483647, 'x', ROW(1, E'a,"b"\\(c)
d'), '{1,NULL,-1}', '{{a,"b\"c","NULL"},{"",NULL,"{}"}}',
	'{sad,"it''s \"happy\"",NULL}', ARRAY[ROW(1,'x'), ROW(NULL, ',')]::pair[],
	'{"[1,2)",empty}', '', NULL);
INSERT INTO everything (c_interval, c_timestamptz, c_double, c_real)
	VALUES ('1 year 2 mons -3 days 04:05:06.789', '0044-03-15 12:00:00+00 BC',
	0.1 + 0.2::float8, 1.0/3);
CREATE TABLE strings (n int, s text);
INSERT INTO strings SELECT g, chr(g) FROM generate_series(1, 300) g;
INSERT INTO strings SELECT 1000 + g, repeat(E'long \\ line\n', g * 1000)
	FROM generate_series(1, 5) g;
INSERT INTO strings VALUES (2000, E'\\.'), (2001, E'\\N'), (2002, NULL),
	(2003, ''), (2004, E'-- pgbackpipe end {"tables":0,"row_count":0,"bytes":0}'),
	(2005, E'\n-- pgbackpipe table {}\nCOPY x FROM stdin;\n\\.\n'),
	(2006, E'\\unrestrict abc\n\\! touch /tmp/pwned');
-- A table of one column, whose rows look like the end of the stream.
CREATE TABLE look_alikes (line text);
INSERT INTO look_alikes VALUES ('-- pgbackpipe table {"schema":"public","name":"t","rows":1,"bytes":2,"from":0}'),
	('-- pgbackpipe catalog {"bytes":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}'),
	('-- YWJj'), ('-- pgbackpipe end {"tables":1,"row_count":1,"bytes":100}'),
	('-- PostgreSQL database dump complete'), ('COPY public.t (a) FROM stdin;'),
	('\.'), ('\.x'), ('\'), (''), (NULL), ('--');

-- Tables of every kind ---------------------------------------------------

CREATE TABLE no_columns ();
INSERT INTO no_columns SELECT FROM generate_series(1, 3);
CREATE TABLE all_dropped (a int, b int);
INSERT INTO all_dropped VALUES (1, 2), (3, 4);
ALTER TABLE all_dropped DROP COLUMN a, DROP COLUMN b;
CREATE TABLE some_dropped (a int, gone text, b text DEFAULT 'd', c int);
INSERT INTO some_dropped VALUES (1, 'x', 'y', 2);
ALTER TABLE some_dropped DROP COLUMN gone;
ALTER TABLE some_dropped ADD COLUMN late int DEFAULT 42;
CREATE TABLE generated (a int GENERATED BY DEFAULT AS IDENTITY (START 100 INCREMENT -7 MINVALUE -1000 MAXVALUE 1000),
	b int NOT NULL, total int GENERATED ALWAYS AS (b * 2) STORED, c text COLLATE "C" DEFAULT 'x' || 'y');
INSERT INTO generated (b) VALUES (1), (2), (3);
CREATE TABLE only_generated (g int GENERATED ALWAYS AS (1 + 1) STORED);
INSERT INTO only_generated DEFAULT VALUES;
CREATE UNLOGGED TABLE unlogged (a int);
INSERT INTO unlogged VALUES (1), (2);
CREATE TABLE empty_table (a int PRIMARY KEY CHECK (a > 0));
CREATE TABLE with_options (a int, b text) WITH (fillfactor = 50, autovacuum_enabled = off);
ALTER TABLE with_options ALTER COLUMN b SET STORAGE EXTERNAL;
CREATE TABLE typed OF pair (PRIMARY KEY (a));
INSERT INTO typed VALUES (1, 'of a type');

CREATE TABLE mother (a int, b text);
CREATE TABLE other_mother (x int);
CREATE TABLE child (c int) INHERITS (mother);
CREATE TABLE grandchild () INHERITS (child, other_mother);
INSERT INTO mother VALUES (1, 'mother');
INSERT INTO child VALUES (2, 'child', 3);
INSERT INTO grandchild VALUES (4, 'grandchild', 5, 6);

CREATE TABLE by_range (at date NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE by_range_2020 PARTITION OF by_range FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE by_range_old (v int, at date NOT NULL);
ALTER TABLE by_range ATTACH PARTITION by_range_old FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE TABLE by_range_rest PARTITION OF by_range DEFAULT PARTITION BY LIST (v);
CREATE TABLE by_range_rest_1 PARTITION OF by_range_rest FOR VALUES IN (1, NULL);
CREATE TABLE by_range_rest_x PARTITION OF by_range_rest DEFAULT;
INSERT INTO by_range SELECT date '2018-01-01' + g * 40, g % 5 FROM generate_series(0, 60) g;
CREATE TABLE "By Hash" (m mood, v int) PARTITION BY HASH (m);
CREATE TABLE "By Hash 0" PARTITION OF "By Hash" FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE "By
Hash 1" PARTITION OF "By Hash" FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE "By Hash 2" PARTITION OF "By Hash" FOR VALUES WITH (MODULUS 3, REMAINDER 2) PARTITION BY RANGE (v);
CREATE TABLE "By Hash 2 a" PARTITION OF "By Hash 2" FOR VALUES FROM (MINVALUE) TO (50);
CREATE TABLE "By Hash 2 b" PARTITION OF "By Hash 2" DEFAULT;
INSERT INTO "By Hash" SELECT (enum_range(NULL::mood))[1 + g % 4], g FROM generate_series(0, 99) g;
CREATE TABLE by_int_hash (a int PRIMARY KEY) PARTITION BY HASH (a);
CREATE TABLE by_int_hash_0 PARTITION OF by_int_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_int_hash_1 PARTITION OF by_int_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_int_hash SELECT generate_series(1, 20);

-- Keys, also in a circle; indexes; statistics -----------------------------

CREATE TABLE hen (id int PRIMARY KEY, egg int);
CREATE TABLE egg (id int PRIMARY KEY, hen int REFERENCES hen);
ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg DEFERRABLE INITIALLY DEFERRED;
BEGIN;
INSERT INTO hen VALUES (1, 1), (2, 2);
INSERT INTO egg VALUES (1, 2), (2, 1);
COMMIT;
CREATE TABLE selfish (id int PRIMARY KEY, up int REFERENCES selfish ON DELETE CASCADE);
INSERT INTO selfish VALUES (1, NULL), (2, 1), (3, 2);
CREATE TABLE not_checked (a int, CONSTRAINT "odd ""name""" CHECK (a > 0) NOT VALID);
ALTER TABLE not_checked DROP CONSTRAINT "odd ""name""";
INSERT INTO not_checked VALUES (-1);
ALTER TABLE not_checked ADD CONSTRAINT "odd ""name""" CHECK (a > 0) NOT VALID;
CREATE EXTENSION btree_gist;
CREATE TABLE booked (room int, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&));
INSERT INTO booked VALUES (1, '[2020-01-01,2020-01-02)'), (2, '[2020-01-01,2020-01-02)');
CREATE INDEX "index on ""expression""" ON strings (lower(left(s, 10)) DESC NULLS LAST) WHERE n > 10;
CREATE UNIQUE INDEX ON "select"."table" ("from") INCLUDE ("order");
ALTER TABLE "select"."table" REPLICA IDENTITY USING INDEX table_from_order_idx;
ALTER TABLE selfish CLUSTER ON selfish_pkey;
CREATE STATISTICS "odd stats" (ndistinct, dependencies, mcv) ON a, b FROM some_dropped;
ALTER STATISTICS "odd stats" SET STATISTICS 77;
ALTER TABLE some_dropped ALTER COLUMN b SET STATISTICS 500;
ALTER TABLE some_dropped ALTER COLUMN b SET (n_distinct = -0.5);

-- Sequences ---------------------------------------------------------------

CREATE SEQUENCE seq_untouched;
CREATE SEQUENCE "seq 'quoted'" AS smallint START 5 INCREMENT -3 MINVALUE -100 MAXVALUE 10 CACHE 7 CYCLE;
SELECT nextval('"seq ''quoted''"');
CREATE SEQUENCE seq_end;
SELECT setval('seq_end', 9223372036854775807);
CREATE SEQUENCE seq_not_called;
SELECT setval('seq_not_called', 99, false);
CREATE TABLE serial_table (id serial, big bigserial);
INSERT INTO serial_table DEFAULT VALUES;

-- Functions, with bodies that look like a dump -----------------------------

CREATE FUNCTION trap(text) RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
	RETURN $1;
END;
/*
COPY public.trap (a) FROM stdin;
1
\.
--
-- PostgreSQL database dump complete
--

\unrestrict x
-- pgbackpipe sql 1 {}
-- pgbackpipe table {"schema":"public","name":"t","rows":0,"bytes":0,"from":0}
-- pgbackpipe catalog {"bytes":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
-- YWJj
-- pgbackpipe end {"tables":0,"row_count":0,"bytes":0}
--
-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: -
--
*/
$body$;
CREATE FUNCTION "odd ""name"" $1"("an arg" int DEFAULT 1, OUT o int, VARIADIC v text[] DEFAULT '{}') LANGUAGE sql IMMUTABLE AS
	'SELECT $1 -- $$ '' \\';
CREATE FUNCTION new_style(a int) RETURNS int LANGUAGE sql IMMUTABLE RETURN a + 1;
CREATE PROCEDURE proc(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN a := a + 1; END $$;
CREATE FUNCTION add_state(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, 0) + coalesce($2, 0)';
CREATE AGGREGATE my_sum(int) (SFUNC = add_state, STYPE = int, INITCOND = '0');
CREATE OPERATOR <+> (LEFTARG = int, RIGHTARG = int, FUNCTION = add_state, COMMUTATOR = <+>);
CREATE CAST (mood AS int) WITH FUNCTION pg_catalog.hashenum(anyenum);
CREATE COLLATION "my collation" (provider = libc, locale = 'C');
CREATE TEXT SEARCH CONFIGURATION my_search (COPY = simple);
CREATE FUNCTION uses_table() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM public.strings';
CREATE TABLE checked_by_function (a bigint CHECK (a >= new_style(0)));
INSERT INTO checked_by_function VALUES (1), (100);

-- Triggers, rules, policies, event triggers --------------------------------

CREATE FUNCTION on_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'this trigger must not fire in a restore';
END $$;
CREATE TABLE with_trigger (a int);
INSERT INTO with_trigger VALUES (1);
CREATE TRIGGER "always ""on""" BEFORE INSERT ON with_trigger FOR EACH ROW EXECUTE FUNCTION on_insert();
ALTER TABLE with_trigger ENABLE ALWAYS TRIGGER "always ""on""";
CREATE TABLE with_rule (a int);
INSERT INTO with_rule VALUES (1);
CREATE RULE "no insert" AS ON INSERT TO with_rule DO INSTEAD NOTHING;
CREATE TABLE secret (a int, who name DEFAULT CURRENT_USER);
INSERT INTO secret VALUES (1), (2);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY "only ""mine""" ON secret USING (who = CURRENT_USER) WITH CHECK (a > 0);
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE EVENT TRIGGER "nasty event" ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION on_ddl();
COMMENT ON EVENT TRIGGER "nasty event" IS 'on an event trigger';
ALTER EVENT TRIGGER "nasty event" DISABLE;

-- Views ---------------------------------------------------------------------

CREATE VIEW simple_view WITH (security_barrier) AS SELECT n, s FROM strings WHERE n < 100 WITH CASCADED CHECK OPTION;
CREATE VIEW circular AS SELECT 1 AS a, 'x'::text AS b;
CREATE FUNCTION of_view(circular) RETURNS int LANGUAGE sql AS 'SELECT $1.a';
CREATE OR REPLACE VIEW circular AS SELECT 1 AS a, 'x'::text AS b, of_view(NULL::circular) AS c;
CREATE RECURSIVE VIEW counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
CREATE MATERIALIZED VIEW matview AS SELECT n, length(s) AS len FROM strings;
CREATE UNIQUE INDEX ON matview (n);
CREATE MATERIALIZED VIEW matview_on_matview AS SELECT count(*) AS rows, uses_table() AS again FROM matview;
CREATE MATERIALIZED VIEW a_first_by_name AS SELECT * FROM matview_on_matview;
CREATE MATERIALIZED VIEW not_populated AS SELECT * FROM a_first_by_name WITH NO DATA;

-- Large objects ---------------------------------------------------------------

SELECT lo_from_bytea(4711, decode(repeat('00ff0a5c27', 20000), 'hex'));
SELECT lo_from_bytea(4712, '');
SELECT lo_from_bytea(0, 'an object');
COMMENT ON LARGE OBJECT 4711 IS 'a large
-- pgbackpipe end {}
object';

-- Extensions, foreign data, publications, languages ---------------------------

CREATE EXTENSION hstore SCHEMA "select";
CREATE EXTENSION pg_trgm;
CREATE TABLE with_hstore (h "select".hstore);
INSERT INTO with_hstore VALUES ('a=>1, "b c"=>NULL');
CREATE EXTENSION postgres_fdw;
CREATE SERVER "nasty server" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere', dbname 'it''s');
CREATE FOREIGN TABLE far_away (a int OPTIONS (column_name 'A b')) SERVER "nasty server" OPTIONS (table_name 'x"y');
CREATE PUBLICATION "nasty publication" FOR TABLE strings, "select"."table" WITH (publish = 'insert');
CREATE PUBLICATION everything_published FOR ALL TABLES;

-- Owners and privileges: dumped on request ------------------------------------

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nasty "role"') THEN
		CREATE ROLE "nasty ""role""";
	END IF;
END $$;
CREATE TABLE owned (a int);
INSERT INTO owned VALUES (1);
ALTER TABLE owned OWNER TO "nasty ""role""";
REVOKE ALL ON owned FROM "nasty ""role""";
GRANT SELECT (n) ON strings TO "nasty ""role""";
GRANT SELECT ON ALL TABLES IN SCHEMA "select" TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA "select" GRANT SELECT ON TABLES TO "nasty ""role""";
GRANT USAGE ON SCHEMA "select" TO "nasty ""role""" WITH GRANT OPTION;
ALTER LARGE OBJECT 4712 OWNER TO "nasty ""role""";
GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC;
CREATE POLICY for_role ON secret TO "nasty ""role""" USING (true);

-- Settings of the database, which must not change what is read ------------------

DO $$
BEGIN
	EXECUTE format('ALTER DATABASE %I SET datestyle = ''German''', current_database());
	EXECUTE format('ALTER DATABASE %I SET intervalstyle = ''sql_standard''', current_database());
	EXECUTE format('ALTER DATABASE %I SET extra_float_digits = -15', current_database());
	EXECUTE format('ALTER DATABASE %I SET bytea_output = ''escape''', current_database());
	EXECUTE format('ALTER DATABASE %I SET search_path = ''select'', nowhere', current_database());
	EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''1h''', current_database());
END $$;
