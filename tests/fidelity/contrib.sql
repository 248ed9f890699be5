-- contrib.sql: what the extensions that come with PostgreSQL can put into a
-- database. UTF-8, by a superuser, into an empty database, behind CREATE
-- EXTENSION for all of them; :file is a file that the server can read.
SET client_min_messages = warning;

-- Types, arrays of them, indexes by their operator classes -----------------

CREATE TABLE types (
	id int PRIMARY KEY, c_hstore hstore, c_hstores hstore[], c_citext citext,
	c_ltree ltree, c_lquery lquery, c_ltxtquery ltxtquery, c_ltrees ltree[],
	c_cube cube, c_seg seg, c_earth earth, c_lo lo,
	c_ean13 ean13, c_isbn isbn, c_isbn13 isbn13, c_issn issn, c_ismn ismn,
	c_upc upc, c_query query_int, c_ints int[], c_uuid uuid, c_text text
);
INSERT INTO types (id) VALUES (0);
INSERT INTO types VALUES (1, 'a=>1, "b c"=>NULL, "q\"uote\\"=>"=>\\.", ""=>""',
	ARRAY['x=>y', NULL, '']::hstore[], E'MiXeD\tCase ä', 'Top.Science.Astro_1',
	'*.Astro*{1,2}.!x|y', 'Europe & Russia*@ & !Transport',
	'{a.b,c,NULL}', '(1.5, -2.25e300, 0.1),(3, 4, 5)', '~2.5e-3 .. 1.50',
	'(6378168, 0, 0)', 0, '978-0-393-04002-9', '0-393-04002-X',
	'978-0-393-04002-9', '1436-4522', '979-0-060-11561-5', '220356483481',
	'1 & (2 | !3)', '{5,3,-1}', uuid_generate_v5(uuid_ns_dns(), 'x'),
	'trigrams of this');
INSERT INTO types (id, c_hstore, c_citext, c_ltree, c_cube, c_seg, c_ints, c_text)
	SELECT g, hstore('k' || g, md5(g::text)), md5(g::text), ('a.b' || g)::ltree,
		cube(ARRAY[g, g / 7.0]), (g || '..' || g + 1)::seg,
		ARRAY[g % 10, g], md5(g::text) FROM generate_series(2, 800) g;
INSERT INTO types (id, c_lo) VALUES (9001, lo_from_bytea(4711, '\x00ff5c2e0a'));
CREATE TRIGGER manage BEFORE UPDATE OR DELETE ON types FOR EACH ROW
	EXECUTE FUNCTION lo_manage(c_lo);
CREATE INDEX ON types USING gin (c_hstore);
CREATE INDEX ON types USING gist (c_hstore gist_hstore_ops (siglen = 32));
CREATE INDEX ON types USING btree (c_citext);
CREATE UNIQUE INDEX ON types (c_ltree);
CREATE INDEX ON types USING gist (c_ltree gist_ltree_ops (siglen = 100));
CREATE INDEX ON types USING gist (c_cube);
CREATE INDEX ON types USING gist (c_seg);
CREATE INDEX ON types USING gin (c_ints gin__int_ops);
CREATE INDEX ON types USING gist (c_ints gist__intbig_ops);
CREATE INDEX ON types USING gin (c_text gin_trgm_ops);
CREATE INDEX ON types USING gist (c_text gist_trgm_ops (siglen = 64));
CREATE INDEX ON types USING bloom (id, c_text) WITH (length = 80, col1 = 2);
CREATE INDEX ON types USING gin (id, c_uuid);
CREATE INDEX ON types (c_isbn, c_ean13);
CREATE TABLE booked (room int, during tstzrange,
	EXCLUDE USING gist (room WITH =, during WITH &&));
INSERT INTO booked VALUES (1, '[2020-01-01,2020-01-02)');
CREATE TABLE soundex_of (name text, code text GENERATED ALWAYS AS
	(soundex(name)) STORED, digest bytea GENERATED ALWAYS AS
	(digest(name, 'sha256')) STORED);
INSERT INTO soundex_of VALUES ('Anne'), ('Ann'), (E'\\.');
CREATE DOMAIN email AS citext CHECK (VALUE ~ '^[^@]+@[^@]+$');
CREATE TYPE shelf AS (book isbn13, place ltree);
CREATE TABLE shelves (mail email, s shelf, all_s shelf[]);
INSERT INTO shelves VALUES ('Me@Example.org', ROW('978-0-393-04002-9', 'a.b'),
	ARRAY[ROW(NULL, 'c')::shelf]);
CREATE TABLE by_citext (c citext, n int) PARTITION BY LIST (c);
CREATE TABLE by_citext_a PARTITION OF by_citext FOR VALUES IN ('A', 'b');
CREATE TABLE by_citext_rest PARTITION OF by_citext DEFAULT;
INSERT INTO by_citext VALUES ('a', 1), ('B', 2), ('c', 3), (NULL, 4);
CREATE TABLE by_hstore (h hstore) PARTITION BY HASH (h);
CREATE TABLE by_hstore_0 PARTITION OF by_hstore
	FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_hstore_1 PARTITION OF by_hstore
	FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_hstore SELECT hstore('k', g::text) FROM generate_series(1, 40) g;

-- Triggers of spi, dictionaries, views of what extensions show -------------

CREATE TABLE watched (id int, who text, at timestamp, n int);
INSERT INTO watched VALUES (1, 'me', '2020-01-01', 1);
CREATE TRIGGER who BEFORE INSERT OR UPDATE ON watched FOR EACH ROW
	EXECUTE FUNCTION insert_username(who);
CREATE TRIGGER at BEFORE UPDATE ON watched FOR EACH ROW
	EXECUTE FUNCTION moddatetime(at);
CREATE SEQUENCE next_n START 7;
CREATE TRIGGER n BEFORE INSERT ON watched FOR EACH ROW
	EXECUTE FUNCTION autoinc(n, next_n);
CREATE TRIGGER tell AFTER INSERT ON watched FOR EACH ROW
	EXECUTE FUNCTION triggered_change_notification('channel');
ALTER TABLE watched ENABLE ALWAYS TRIGGER who;
CREATE TEXT SEARCH DICTIONARY ints (TEMPLATE = intdict_template, maxlen = 3);
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION plain
	ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;
ALTER TEXT SEARCH DICTIONARY intdict (maxlen = 5);
CREATE TABLE searched (t text, v tsvector GENERATED ALWAYS AS
	(to_tsvector('public.plain', t)) STORED);
INSERT INTO searched VALUES ('Hôtel de la Gare 123456');
CREATE VIEW statements AS SELECT queryid, calls FROM pg_stat_statements;
CREATE VIEW buffers AS SELECT count(*) FROM pg_buffercache;
CREATE MATERIALIZED VIEW crossed AS SELECT * FROM crosstab(
	$$ VALUES ('a', 'x', 1), ('a', 'y', 2), ('b', 'x', 3) $$)
	AS c (name text, x int, y int);
CREATE MATERIALIZED VIEW sampled AS
	SELECT count(*) FROM types TABLESAMPLE system_rows (5);
CREATE MATERIALIZED VIEW keys AS
	SELECT id, (each(c_hstore)).* FROM types WHERE c_hstore IS NOT NULL;

-- Foreign tables: their definitions are dumped, not their rows --------------

CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE lines (n int, t text OPTIONS (force_not_null 'true'))
	SERVER files OPTIONS (filename :'file', format 'csv', delimiter ';');
CREATE SERVER "far, ""away""" FOREIGN DATA WRAPPER postgres_fdw
	OPTIONS (host 'it''s', dbname E'back\\slash', fetch_size '7');
CREATE SERVER linked FOREIGN DATA WRAPPER dblink_fdw OPTIONS (dbname 'x');
CREATE USER MAPPING FOR CURRENT_USER SERVER "far, ""away"""
	OPTIONS (user 'me', password 'se''cret');
CREATE USER MAPPING FOR PUBLIC SERVER linked OPTIONS (user 'all');
CREATE FOREIGN TABLE remote (a int OPTIONS (column_name 'A "b"') NOT NULL,
	b hstore) SERVER "far, ""away""" OPTIONS (schema_name 's', table_name 't');
CREATE TABLE mixed (at date, v int) PARTITION BY RANGE (at);
CREATE TABLE mixed_new PARTITION OF mixed FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
CREATE FOREIGN TABLE mixed_old PARTITION OF mixed
	FOR VALUES FROM (MINVALUE) TO ('2020-01-01') SERVER files
	OPTIONS (filename '/dev/null', format 'csv');
INSERT INTO mixed VALUES ('2021-01-01', 1);
CREATE FOREIGN TABLE heirs (more int) INHERITS (watched) SERVER files
	OPTIONS (filename '/dev/null');
COMMENT ON SERVER files IS 'on a
-- pgbackpipe end {}
server';
COMMENT ON EXTENSION hstore IS 'changed';
GRANT USAGE ON FOREIGN SERVER files TO PUBLIC;
-- What was granted of an extension differs from what it came with.
GRANT EXECUTE ON FUNCTION pg_stat_statements_reset(oid, oid, bigint) TO PUBLIC;
REVOKE SELECT ON pg_stat_statements FROM PUBLIC;
