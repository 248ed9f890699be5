-- A value of each type, and the odd ones.
CREATE DOMAIN whole AS int;
CREATE DOMAIN nested AS jsonb;
CREATE DOMAIN deep AS nested;
CREATE TYPE pair AS (a int, b text);
CREATE TYPE mood AS ENUM ('fine', 'so "so"');
CREATE TABLE types (
	i2 int2, i4 int4, i8 int8, o oid, f4 float4, f8 float8, n numeric, b bool,
	t text, c char(5), by bytea, d date, ts timestamp, tz timestamptz,
	tm time, tmz timetz, iv interval, u uuid, j json, jb jsonb, ar int[],
	art text[], p pair, e mood, w whole, dj deep, ip inet, r int4range,
	x xml, bits bit(3), "odd ""name"" \ ünï	tab" text,
	gen int GENERATED ALWAYS AS (i4 * 2) STORED);
INSERT INTO types VALUES (1, 2, 9223372036854775807, 4000000000, '1.5', '0.1',
	12345678901234567890.12345678901234567890, true,
	E'a"b\\c\nd\te\r\b\f\x0b\x01/é€😀', 'ab', '\x00ff5c', '2024-01-15',
	'2024-01-15 12:00:00.5', '2024-01-15 12:00:00+00', '12:00:00',
	'12:00:00+02', '1 day 2 hours', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
	E'{"a" :\n [1,\t"x\\ny \\\\ \\"q\\" é"], "a": 100000000000000000000.10}',
	'{"k": [1, null, "ü\n"]}', '{1,NULL,3}', '{"a b",NULL,"q\"x"}',
	'(1,"x ""y""")', 'so "so"', 7, '[1]', '10.0.0.1', '[1,5)', '<a>1</a>',
	'101', 'val');
INSERT INTO types (i2, f4, f8, n, b, t, d, ts, tz, tmz) VALUES
	(-1, 'NaN', 'Infinity', 'NaN', false, '\N', 'infinity', 'infinity',
	'-infinity', '23:59:59.123-05:30'),
	(NULL, '-Infinity', '1e300', '0.10', NULL, NULL, '0044-03-15 BC',
	'0044-03-15 00:00:00 BC', '0044-03-15 00:00:00+00 BC', '00:00:00+00'),
	(0, '-0', '1e-07', 0, NULL, '', '12024-01-01', '12024-01-01',
	'2024-06-01 12:00+02', NULL);
