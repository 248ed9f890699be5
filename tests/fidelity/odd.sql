-- odd.sql: what a database may hold that others of these trials do not. By a
-- superuser, into an empty database of any encoding. PostgreSQL 14 and newer.
SET client_min_messages = error;

-- Partitions of partitions, each with its own order of columns ---------------

CREATE SCHEMA p;
CREATE TABLE p.root (id int NOT NULL, k text, at date, v numeric DEFAULT 1.10,
	twice int GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY LIST (k);
CREATE TABLE p.a (at date, gone int, v numeric DEFAULT 2.20, k text, gone2 text,
	id int NOT NULL, twice int GENERATED ALWAYS AS (id * 2) STORED)
	PARTITION BY RANGE (id);
INSERT INTO p.root SELECT WHERE false;
ALTER TABLE p.a DROP COLUMN gone, DROP COLUMN gone2;
CREATE TABLE p.a_low (v numeric, k text, id int NOT NULL, dead float8,
	twice int GENERATED ALWAYS AS (id * 2) STORED, at date);
ALTER TABLE p.a_low DROP COLUMN dead;
ALTER TABLE p.a ATTACH PARTITION p.a_low FOR VALUES FROM (MINVALUE) TO (100);
CREATE TABLE p.a_high PARTITION OF p.a (v DEFAULT 3.30)
	FOR VALUES FROM (100) TO (MAXVALUE) PARTITION BY HASH (at);
CREATE TABLE p.a_high_0 PARTITION OF p.a_high
	FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE p.a_high_1 (twice int GENERATED ALWAYS AS (id * 2) STORED, at date,
	id int NOT NULL, k text, v numeric);
ALTER TABLE p.a_high ATTACH PARTITION p.a_high_1
	FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE p.root ATTACH PARTITION p.a FOR VALUES IN ('a', NULL);
CREATE TABLE p.b PARTITION OF p.root FOR VALUES IN ('b');
CREATE TABLE p.left_again PARTITION OF p.root FOR VALUES IN ('c');
CREATE TABLE p.rest PARTITION OF p.root DEFAULT;
INSERT INTO p.root (id, k, at) SELECT g, (ARRAY['a', 'b', 'c', 'd', NULL])[1 + g % 5],
	date '2020-01-01' + g FROM generate_series(1, 300) g;
ALTER TABLE p.root DETACH PARTITION p.left_again;
ALTER TABLE p.root ADD COLUMN late int DEFAULT 7;
ALTER TABLE p.root DROP COLUMN v;
CREATE INDEX root_at ON ONLY p.root (at);
CREATE INDEX b_at ON p.b (at);
ALTER INDEX p.root_at ATTACH PARTITION p.b_at;
ALTER TABLE p.b ADD CONSTRAINT own CHECK (id > 0);
ALTER TABLE p.b ALTER COLUMN late SET DEFAULT 8;
CREATE TABLE p.keyed (id int, k int, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
CREATE TABLE p.keyed_1 PARTITION OF p.keyed FOR VALUES FROM (0) TO (10);
CREATE TABLE p.refers (id int, k int, FOREIGN KEY (id, k) REFERENCES p.keyed
	ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE);
INSERT INTO p.keyed VALUES (1, 1), (2, 2);
INSERT INTO p.refers VALUES (1, 1), (NULL, 2), (2, 2);
CREATE FUNCTION p.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER note AFTER INSERT ON p.keyed FOR EACH ROW EXECUTE FUNCTION p.note();
ALTER TABLE p.keyed_1 DISABLE TRIGGER note;
CREATE TABLE p.by_expression (a int, b text) PARTITION BY RANGE ((a % 10), lower(b) COLLATE "C");
CREATE TABLE p.by_expression_1 PARTITION OF p.by_expression
	FOR VALUES FROM (MINVALUE, MINVALUE) TO (5, 'm');
CREATE TABLE p.by_expression_x PARTITION OF p.by_expression DEFAULT;
INSERT INTO p.by_expression SELECT g, chr(97 + g % 26) FROM generate_series(0, 60) g;
CREATE TABLE p.empty_root (a int) PARTITION BY LIST (a);
CREATE TABLE p.by_bool (b bool, t text) PARTITION BY LIST (b);
CREATE TABLE p.by_bool_t PARTITION OF p.by_bool FOR VALUES IN (true);
CREATE TABLE p.by_bool_f PARTITION OF p.by_bool FOR VALUES IN (false);
INSERT INTO p.by_bool VALUES (true, 'yes'), (false, E'no\r\n');

-- Inheritance, with columns of one's own ------------------------------------

CREATE SCHEMA i;
CREATE TABLE i.mother (a int DEFAULT 1, b text NOT NULL DEFAULT 'm', c numeric CHECK (c > 0));
CREATE TABLE i.father (b text DEFAULT 'f', d date);
CREATE TABLE i.child (x int, b text DEFAULT 'own', a int DEFAULT 9) INHERITS (i.mother, i.father);
ALTER TABLE i.child ALTER COLUMN c SET DEFAULT 5, ALTER COLUMN d SET NOT NULL;
CREATE TABLE i.no_heir (y int, LIKE i.mother INCLUDING ALL);
ALTER TABLE i.no_heir INHERIT i.mother;
ALTER TABLE i.no_heir NO INHERIT i.mother;
CREATE TABLE i.heir (z int, c numeric CHECK (c > 0), b text NOT NULL, a int,
	CONSTRAINT mother_c_check CHECK (c > 0));
ALTER TABLE i.heir INHERIT i.mother;
CREATE TABLE i.gone (g1 int, g2 int) INHERITS (i.mother);
ALTER TABLE i.gone DROP COLUMN g1;
ALTER TABLE i.mother DROP COLUMN a;
CREATE TABLE i.calculated (b text DEFAULT 'calc', len int GENERATED ALWAYS AS (length(b)) STORED)
	INHERITS (i.mother);
INSERT INTO i.mother VALUES ('mother', 1);
INSERT INTO i.child (x, d) VALUES (1, '2020-01-01');
INSERT INTO i.heir VALUES (1, 2, 'heir');
INSERT INTO i.gone VALUES ('gone', 1, 2);
INSERT INTO i.calculated VALUES ('four');
ALTER TABLE i.mother ADD CONSTRAINT only_here CHECK (b <> 'x') NO INHERIT;
CREATE TABLE i.nothing ();
CREATE TABLE i.of_nothing () INHERITS (i.nothing);
INSERT INTO i.of_nothing SELECT FROM generate_series(1, 5);

-- Types upon types -----------------------------------------------------------

CREATE SCHEMA t;
CREATE TYPE t.pair AS (n int, "a ""b""" text);
CREATE DOMAIN t.pairs AS t.pair[] CHECK (cardinality(VALUE) < 9);
CREATE DOMAIN t.checked_pair AS t.pair CHECK ((VALUE).n > 0);
CREATE TYPE t.nest AS (p t.pairs, c t.checked_pair, d date[]);
CREATE DOMAIN t.many AS t.nest[];
CREATE DOMAIN t.upon AS t.many NOT NULL DEFAULT '{}';
CREATE TABLE t.nested (id int, p t.pairs, c t.checked_pair, n t.nest, m t.many, u t.upon,
	nn t.nest[][]);
INSERT INTO t.nested (id) VALUES (0);
INSERT INTO t.nested VALUES (1, ARRAY[ROW(1, E'a,"b"\\ \t(){}'), ROW(NULL, '')]::t.pair[],
	ROW(1, NULL)::t.pair, ROW(ARRAY[ROW(1, E'\n')]::t.pair[], ROW(2, '"'), '{2020-01-01,NULL}')::t.nest,
	ARRAY[ROW(NULL, NULL, NULL)]::t.nest[], ARRAY[ROW('{}', ROW(3, 'NULL'), '{}')]::t.nest[],
	ARRAY[ARRAY[ROW(NULL, ROW(4, '}'), NULL)]]::t.nest[]);
CREATE TYPE t.labels AS ENUM ('', ' ', 'NULL', '{', ',', '"', '\', E'tab\t', E'a\nb', '''',
	'123456789012345678901234567890123456789012345678901234567890abc');
ALTER TYPE t.labels ADD VALUE 'first' BEFORE '';
ALTER TYPE t.labels ADD VALUE 'between' AFTER 'NULL';
CREATE TYPE t.text_range AS RANGE (subtype = text, collation = "C");
CREATE TYPE t.pair_range AS RANGE (subtype = t.pair, multirange_type_name = t.pair_spans);
CREATE TABLE t.ranges (l t.labels, ls t.labels[], r t.text_range, rs t.text_range[],
	pr t.pair_range, ps t.pair_spans, nm nummultirange, tm tstzmultirange, d daterange);
INSERT INTO t.ranges SELECT e, ARRAY[e, NULL, e], '["! b","a)"]', '{"[\"\",\"\\\\\"]",empty}',
	t.pair_range(ROW(1, 'x'), ROW(2, NULL), '[)'), '{}',
	'{(,1],[2.50,3.5000),(7,)}', '{["2020-01-01 00:00+00","infinity")}', '[,infinity]'
	FROM unnest(enum_range(NULL::t.labels)) e;
CREATE TABLE t.plain (m money, b bit(7), vb bit varying(9), x xml, xs xml[], v tsvector, q tsquery,
	iv interval, f4 real, f8 float8, n numeric(1000, 900), n0 numeric(5, -2), by bytea, c "char", na name,
	ch char(3), o oid, tid tid, x8 xid8, jp jsonpath, l pg_lsn, sn pg_snapshot, tz timetz(0), ts timestamp(3));
INSERT INTO t.plain VALUES ('-92233720368547758.08', B'0101010', B'', '<?xml version="1.0"?><a b="&lt;"/>',
	'{<a/>,"text &amp; <b/>"}', $$'a ''q''':1A,2B,16383D '\\':3$$, $$'x':*AB <3> !'y z' | 'w'$$,
	'-1 years 2 mons -3 days +04:05:06.000001', '1e-45', '4.9406564584124654e-324', '0.1e-800', 12345, '\x5c78000a',
	E'\\', 'n', 'é', 4294967295, '(4294967295,65535)', '18446744073709551615', '$."a b"[*] ? (@ like_regex "^x")',
	'0/1', '10:20:10,14,15', '24:00:00+15:59', '4713-01-01 00:00:00.0005 BC');
INSERT INTO t.plain (iv, f4, f8, by, x) VALUES ('178000000 years', '3.4028235e38', '-1.7976931348623157e308',
	'', 'no element'), ('-0.000001 s', '-0', '0.1', decode(repeat('00', 3000), 'hex'), '<!-- c --><r>]]&gt;</r>'),
	(interval '0', 'NaN', '-Infinity', NULL, NULL);
CREATE TABLE t.nulls (a text, b text);
INSERT INTO t.nulls VALUES (NULL, NULL), ('\N', '\.'), ('', E'\\\\.'), (E'\x7f\x01', E'\b\f\v');
CREATE TYPE t.base;
CREATE FUNCTION t.base_in(cstring) RETURNS t.base LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION t.base_out(t.base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE t.base (INPUT = t.base_in, OUTPUT = t.base_out, LIKE = text, CATEGORY = 'S', DELIMITER = ';');
CREATE TYPE t.shell;
CREATE TABLE t.based (b t.base, bs t.base[]);
INSERT INTO t.based VALUES ('a;b', '{a;"b;c";NULL}');
CREATE DOMAIN t.collated AS text COLLATE "C" CONSTRAINT "odd ""c""" CHECK (VALUE ~ '') NOT NULL;
CREATE TABLE t.compressed (a text COMPRESSION pglz, b text, c t.collated DEFAULT '');
ALTER TABLE t.compressed ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE PLAIN;
INSERT INTO t.compressed VALUES (repeat('a', 99999), repeat('b', 99999), 'c');

-- Tables at the limits -------------------------------------------------------

CREATE SCHEMA l;
DO $$ BEGIN EXECUTE 'CREATE TABLE l.widest (' || (SELECT string_agg(format('%I %s',
	'c' || g || repeat('_', 58 - length(g::text)), CASE WHEN g % 2 = 0 THEN 'bool' ELSE 'text' END), ', ')
	FROM generate_series(1, 1600) g) || ')'; END $$;
INSERT INTO l.widest DEFAULT VALUES;
INSERT INTO l.widest (c1_________________________________________________________) VALUES ('1');
CREATE TABLE l.dropped (a int, b text, c int);
INSERT INTO l.dropped VALUES (1, 'gone', 2);
DO $$ BEGIN FOR g IN 1..300 LOOP EXECUTE format('ALTER TABLE l.dropped ADD x%s int; ALTER TABLE l.dropped DROP x%s', g, g); END LOOP; END $$;
ALTER TABLE l.dropped DROP COLUMN b, ADD COLUMN late text DEFAULT 'late';
CREATE TABLE l.all_generated (g int GENERATED ALWAYS AS (42) STORED, h text GENERATED ALWAYS AS ('x') STORED);
INSERT INTO l.all_generated SELECT FROM generate_series(1, 3);
CREATE TABLE l.identity (a int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME l."odd seq" START 5 INCREMENT -1 MAXVALUE 5 CYCLE),
	b int DEFAULT nextval('l."odd seq"'));
INSERT INTO l.identity DEFAULT VALUES;
CREATE SEQUENCE l.shared AS bigint CACHE 50;
CREATE TABLE l.one (a int DEFAULT nextval('l.shared'));
CREATE TABLE l.two (a int DEFAULT nextval('l.shared'));
ALTER SEQUENCE l.shared OWNED BY l.one.a;
INSERT INTO l.one DEFAULT VALUES;
INSERT INTO l.two DEFAULT VALUES;
CREATE UNLOGGED TABLE l.unlogged (a int PRIMARY KEY, b text) WITH (fillfactor = 10);
INSERT INTO l.unlogged SELECT g, repeat('u', 700) FROM generate_series(1, 3000) g;
CREATE TABLE l.large (id int, t text, h text);
INSERT INTO l.large SELECT g, repeat(md5(g::text), 3 + g % 50), repeat(md5(g::text), CASE g % 500 WHEN 0 THEN 900 ELSE 0 END)
	FROM generate_series(1, 12000) g;
DELETE FROM l.large WHERE id BETWEEN 3000 AND 6000 OR id % 7 = 0;
UPDATE l.large SET t = t || 'x' WHERE id % 11 = 0;
CREATE INDEX large_id ON l.large (id);
CLUSTER l.large USING large_id;
ALTER TABLE l.large SET WITHOUT CLUSTER;

-- Rules, views, statistics, operators ----------------------------------------

CREATE SCHEMA v;
CREATE TABLE v.base (id int PRIMARY KEY, who text DEFAULT CURRENT_USER, secret text);
INSERT INTO v.base VALUES (1, 'me', 's'), (2, 'you', NULL);
CREATE VIEW v.barrier WITH (security_barrier, check_option = local) AS
	SELECT id, who FROM v.base WHERE id > 0;
CREATE RULE ins AS ON INSERT TO v.barrier DO INSTEAD (INSERT INTO v.base (id) VALUES (NEW.id); NOTIFY ins);
CREATE RULE "del ""x""" AS ON DELETE TO v.base WHERE OLD.id = 1 DO ALSO SELECT 1;
ALTER TABLE v.base DISABLE RULE "del ""x""";
ALTER VIEW v.barrier ALTER COLUMN who SET DEFAULT 'view';
CREATE VIEW v.no_columns AS SELECT;
CREATE VIEW v.grouped AS SELECT id, who, count(*) FROM v.base GROUP BY id;
CREATE MATERIALIZED VIEW v.m1 AS SELECT * FROM v.grouped;
CREATE MATERIALIZED VIEW v.m0 AS SELECT m.id, b.who FROM v.m1 m JOIN v.barrier b USING (id);
CREATE INDEX ON v.m0 (who) WHERE id > 1;
CREATE MATERIALIZED VIEW v.never AS SELECT * FROM v.m0 WITH NO DATA;
CREATE STATISTICS v.kinds (ndistinct, dependencies, mcv) ON id, who, (lower(who)) FROM v.base;
CREATE STATISTICS v.expression ON (id % 3) FROM v.base;
CREATE FUNCTION v.lt(t.pair, t.pair) RETURNS bool LANGUAGE sql IMMUTABLE RETURN ($1).n < ($2).n;
CREATE FUNCTION v.gt(t.pair, t.pair) RETURNS bool LANGUAGE sql IMMUTABLE RETURN ($1).n > ($2).n;
CREATE OPERATOR v.<# (LEFTARG = t.pair, RIGHTARG = t.pair, FUNCTION = v.lt, COMMUTATOR = OPERATOR(v.>#),
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR v.># (LEFTARG = t.pair, RIGHTARG = t.pair, FUNCTION = v.gt, COMMUTATOR = OPERATOR(v.<#));
CREATE FUNCTION v.minus(t.pair) RETURNS int LANGUAGE sql IMMUTABLE RETURN -($1).n;
CREATE OPERATOR v.~~~ (RIGHTARG = t.pair, FUNCTION = v.minus);
CREATE OPERATOR FAMILY v.ints USING btree;
CREATE OPERATOR CLASS v.down FOR TYPE int USING btree FAMILY v.ints AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =,
	OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
ALTER OPERATOR FAMILY v.ints USING btree ADD OPERATOR 3 =(int, bigint);
CREATE FUNCTION v.as_int(t.pair) RETURNS int LANGUAGE sql IMMUTABLE RETURN ($1).n;
CREATE CAST (t.pair AS int) WITH FUNCTION v.as_int(t.pair) AS ASSIGNMENT;
CREATE CAST (t.labels AS text) WITH INOUT AS IMPLICIT;
CREATE FUNCTION v.sql_in(internal) RETURNS internal LANGUAGE internal IMMUTABLE STRICT AS 'generate_series_int4_support';
CREATE TRANSFORM FOR t.pair LANGUAGE sql (FROM SQL WITH FUNCTION v.sql_in(internal));
CREATE COLLATION v.plain (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
CREATE TABLE v.sorted (a text COLLATE v.plain);
INSERT INTO v.sorted VALUES ('b'), ('A');
CREATE INDEX ON v.sorted (a COLLATE "C" text_pattern_ops DESC);
CREATE CONVERSION v.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE ACCESS METHOD other_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE v.other_method (id int, t text) USING other_heap;
INSERT INTO v.other_method SELECT g, repeat('o', 500) FROM generate_series(1, 5000) g;
CREATE MATERIALIZED VIEW v.other_matview USING other_heap AS SELECT count(*) FROM v.other_method;
SET default_table_access_method = other_heap;
CREATE TABLE v.by_default (id int);
INSERT INTO v.by_default VALUES (1);
RESET default_table_access_method;
CREATE PROCEDURE v.proc(IN a int DEFAULT 1, INOUT b text DEFAULT 'x') LANGUAGE sql BEGIN ATOMIC SELECT a; SELECT b; END;
CREATE FUNCTION v.variadic(VARIADIC "any") RETURNS int LANGUAGE internal AS 'pg_num_nulls';
CREATE FUNCTION v.settings() RETURNS SETOF t.pair LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER LEAKPROOF
	PARALLEL RESTRICTED COST 5 ROWS 7 SET search_path = 'a', "B", pg_temp SET datestyle = 'German, DMY' SET work_mem FROM CURRENT
	AS $f$ BEGIN RETURN; END $f$;
CREATE FUNCTION v.wide() RETURNS TABLE (a int, b t.nest[]) LANGUAGE sql AS 'SELECT NULL::int, NULL::t.nest[]';
CREATE AGGREGATE v.third(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
	FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE AGGREGATE v.moving(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', MSFUNC = int4pl, MINVFUNC = int4mi,
	MSTYPE = int, MINITCOND = '0', PARALLEL = SAFE, COMBINEFUNC = int4pl);
CREATE TEXT SEARCH DICTIONARY v.dict (TEMPLATE = simple, STOPWORDS = 'english', accept = false);
CREATE TEXT SEARCH CONFIGURATION v.conf (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION v.conf ADD MAPPING FOR word, asciiword WITH v.dict, simple;
CREATE FUNCTION v.handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE TRUSTED LANGUAGE other_sql HANDLER v.handler;
CREATE FUNCTION v.in_other() RETURNS int LANGUAGE other_sql AS 'BEGIN RETURN 1; END';
CREATE TABLE v.excluded (r int4range, w int4range, EXCLUDE USING gist (r WITH &&) WHERE (lower(r) > 3) DEFERRABLE);
INSERT INTO v.excluded VALUES ('[1,3)', NULL), ('[1,4)', '[1,1]');
CREATE TABLE v.unique_nulls (a int, b int, UNIQUE (a) INCLUDE (b) WITH (fillfactor = 60));
INSERT INTO v.unique_nulls VALUES (NULL, 1), (NULL, 2);
CREATE INDEX brin ON v.base USING brin (id) WITH (pages_per_range = 4, autosummarize);
CREATE INDEX hash ON v.base USING hash (who);
CREATE INDEX "gin ""x""" ON v.base USING gin (to_tsvector('english', secret)) WITH (fastupdate = off);
CREATE INDEX by_expression ON v.base (lower(who), (id * 2));
ALTER INDEX v.by_expression ALTER COLUMN 1 SET STATISTICS 3;

-- Who may what ---------------------------------------------------------------

CREATE SCHEMA r;
DO $$ BEGIN
	CREATE ROLE odd_reader;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
CREATE TABLE r.guarded (a int, b text, c text);
INSERT INTO r.guarded VALUES (1, 'x', 'y');
ALTER TABLE r.guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY none ON r.guarded AS RESTRICTIVE FOR SELECT TO PUBLIC USING (false);
CREATE POLICY "odd ""p""" ON r.guarded FOR UPDATE TO CURRENT_USER USING (a > 0) WITH CHECK (b IS NOT NULL);
GRANT SELECT (a, b), UPDATE (c) ON r.guarded TO PUBLIC;
GRANT TRIGGER, REFERENCES ON r.guarded TO odd_reader WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION v.lt FROM PUBLIC;
REVOKE ALL ON TYPE t.pair FROM PUBLIC;
GRANT USAGE ON DOMAIN t.pairs TO PUBLIC;
REVOKE USAGE ON LANGUAGE other_sql FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA r GRANT SELECT ON SEQUENCES TO PUBLIC;
REVOKE SELECT ON pg_catalog.pg_statistic_ext FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

\o /dev/null
SELECT lo_from_bytea(100000001, decode(repeat('00ff5c27', 9000), 'hex'));
SELECT lo_create(100000002);
SELECT lo_from_bytea(100000003, E'\\x5c2e0a');
SELECT lo_put(100000003, 300000, 'far');
\o
GRANT SELECT ON LARGE OBJECT 100000001 TO PUBLIC;
GRANT UPDATE ON LARGE OBJECT 100000003 TO odd_reader WITH GRANT OPTION;
REVOKE ALL ON LARGE OBJECT 100000002 FROM CURRENT_USER;
COMMENT ON LARGE OBJECT 100000002 IS E'\\.\n';

-- Far away, published --------------------------------------------------------

CREATE FOREIGN DATA WRAPPER nowhere OPTIONS (debug 'true');
CREATE SERVER s TYPE 'odd' VERSION '1''' FOREIGN DATA WRAPPER nowhere;
CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS ("user" 'a"b', password E'p\\''w');
CREATE FOREIGN TABLE r.far (a int OPTIONS (x 'y') NOT NULL, b text DEFAULT 'x',
	g int GENERATED ALWAYS AS (a) STORED, CHECK (a > 1)) SERVER s OPTIONS (path '/');
CREATE FOREIGN TABLE r.far_part PARTITION OF p.root FOR VALUES IN ('far') SERVER s;
CREATE FOREIGN TABLE r.far_heir () INHERITS (i.father) SERVER s;
CREATE PUBLICATION pub FOR TABLE p.root, i.mother WITH (publish_via_partition_root, publish = 'insert, truncate');
CREATE EXTENSION hstore WITH SCHEMA r;
CREATE TABLE r.h (h r.hstore, hs r.hstore[]);
INSERT INTO r.h VALUES ('"a b"=>"\"\\", c=>NULL', ARRAY['a=>1'::r.hstore, NULL]);
CREATE INDEX ON r.h USING gist (h);
CREATE FUNCTION r.on_drop() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER "drop ""x""" ON sql_drop WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION r.on_drop();
ALTER EVENT TRIGGER "drop ""x""" ENABLE ALWAYS;
CREATE TRIGGER by_column BEFORE UPDATE OF who, id ON v.base FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
	EXECUTE FUNCTION p.note('a''b', '\');
CREATE TRIGGER changes AFTER UPDATE ON v.base REFERENCING OLD TABLE AS o NEW TABLE AS n
	FOR EACH STATEMENT EXECUTE FUNCTION p.note();
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON v.base FROM p.keyed DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION p.note();
ALTER TABLE v.base ENABLE REPLICA TRIGGER later;

-- Comments and labels on all that takes them ----------------------------------

DO $$ BEGIN EXECUTE (SELECT string_agg(format('COMMENT ON %s IS %L', o.what, E'on\n' || o.what || E'''; \\.\n'), ';')
	FROM unnest(ARRAY['SCHEMA p', 'TABLE p.root', 'COLUMN p.a_low.id', 'INDEX p.b_at', 'CONSTRAINT own ON p.b',
	'TRIGGER note ON p.keyed', 'FUNCTION p.note()', 'TYPE t.pair', 'COLUMN t.pair.n', 'DOMAIN t.collated',
	'CONSTRAINT "odd ""c""" ON DOMAIN t.collated', 'TYPE t.labels', 'SEQUENCE l.shared', 'VIEW v.barrier',
	'COLUMN v.barrier.who', 'RULE ins ON v.barrier', 'MATERIALIZED VIEW v.m1', 'STATISTICS v.kinds',
	'OPERATOR v.<# (t.pair, t.pair)', 'OPERATOR v.~~~ (NONE, t.pair)', 'OPERATOR FAMILY v.ints USING btree',
	'OPERATOR CLASS v.down USING btree', 'CAST (t.pair AS int)', 'TRANSFORM FOR t.pair LANGUAGE sql',
	'COLLATION v.plain', 'CONVERSION v.conv', 'ACCESS METHOD other_heap', 'PROCEDURE v.proc(int, text)',
	'AGGREGATE v.third(float8 ORDER BY anyelement)', 'AGGREGATE v.moving(int)', 'TEXT SEARCH DICTIONARY v.dict',
	'TEXT SEARCH CONFIGURATION v.conf', 'LANGUAGE other_sql', 'POLICY none ON r.guarded',
	'FOREIGN DATA WRAPPER nowhere', 'SERVER s', 'FOREIGN TABLE r.far', 'COLUMN r.far.a', 'PUBLICATION pub',
	'EXTENSION hstore', 'EVENT TRIGGER "drop ""x"""', 'SCHEMA public', 'EXTENSION plpgsql']) o(what)); END $$;

-- Names of 63 bytes, and settings that must not change what is read -----------

CREATE SCHEMA "63 bytes of a schema's name ______________________ its end \/";
CREATE TABLE "63 bytes of a schema's name ______________________ its end \/"."63 bytes: ""table"" $1 %I %s {} [] ;--/* _______________ */'end'"
	("63 bytes: ""column"" $$ \N \. |______________________________end" int PRIMARY KEY, "select" text CHECK ("select" <> '%'));
INSERT INTO "63 bytes of a schema's name ______________________ its end \/"."63 bytes: ""table"" $1 %I %s {} [] ;--/* _______________ */'end'"
	VALUES (1, E'a\tb');
CREATE SCHEMA not_pg_catalog;
CREATE TABLE not_pg_catalog.pg_class (relname text);
INSERT INTO not_pg_catalog.pg_class VALUES ('trap');
CREATE FUNCTION public.set_config(text, text, bool) RETURNS text LANGUAGE sql AS $$ SELECT 'trap' $$;
CREATE FUNCTION public.lower(varchar) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'trap' $$;
CREATE TABLE public.pg_class (relname text, oid text);
CREATE TABLE public.pg_type (oid text);
CREATE FUNCTION public.traps(text, text) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trap''; END';
CREATE OPERATOR public.~ (LEFTARG = text, RIGHTARG = text, FUNCTION = public.traps);
DO $$ DECLARE s text; BEGIN
	FOREACH s IN ARRAY ARRAY['datestyle = ''SQL, DMY''', 'intervalstyle = ''iso_8601''', 'timezone = ''Asia/Kathmandu''',
		'extra_float_digits = -15', 'bytea_output = ''escape''', 'standard_conforming_strings = off', 'escape_string_warning = off',
		'search_path = public, pg_catalog', 'default_transaction_isolation = serializable', 'default_transaction_read_only = on',
		'default_transaction_deferrable = on', 'statement_timeout = ''60s''', 'lock_timeout = ''50s''', 'enable_seqscan = off',
		'enable_tidscan = off', 'synchronize_seqscans = on', 'quote_all_identifiers = on', 'row_security = off', 'xmlbinary = hex',
		'xmloption = content', 'array_nulls = on', 'transform_null_equals = on', 'default_toast_compression = pglz', 'client_encoding = ''UTF8''',
		'work_mem = ''64kB''', 'jit = off', 'check_function_bodies = on', 'client_min_messages = ''debug1''',
		'default_table_access_method = ''other_heap''']
	LOOP EXECUTE format('ALTER DATABASE %I SET %s', current_database(), s); END LOOP; END $$;
