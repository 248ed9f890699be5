-- Three tables for a plain dump of about :mb MB: numbers, prose and JSON, a
-- third each. body.txt is prose in COPY's format, text of the machine's own
-- packages. No randomness but setseed's.
SET max_parallel_workers_per_gather = 0;
SELECT setseed(0.5) \g /dev/null

CREATE UNLOGGED TABLE message (
	id serial, author int, sent timestamptz, body text);
\copy message (body) FROM 'body.txt'
UPDATE message SET author = (3000 * random() * random())::int,
	sent = timestamptz '2025-03-01 08:00+00' + id * interval '17 s'
	    + random() * interval '9 s';

CREATE UNLOGGED TABLE reading AS
	SELECT i AS id, i % 512 AS sensor,
	    timestamptz '2026-01-01' + i / 512 * interval '10 s' AS at,
	    (20 + 8 * sin(i / 4e4) + random())::numeric(6, 3) AS celsius,
	    (1e5 * random())::int AS counter,
	    (random() * random())::real AS share,
	    CASE WHEN random() < 0.02 THEN 'fault' ELSE 'ok' END AS state,
	    random() < 0.9 AS valid
	FROM generate_series(1, :mb * 1000000 / 3 / 62) i;

CREATE UNLOGGED TABLE event AS
	SELECT i AS id, md5(i::text)::uuid AS request,
	    jsonb_build_object(
	        'user', (1e5 * random() * random())::int,
	        'kind', (array['view', 'search', 'buy', 'sell', 'login'])
	            [1 + (4 * random() * random())::int],
	        'path', '/shop/' || (400 * random() * random())::int ||
	            '/item/' || (3e4 * random())::int,
	        'ms', round((900 * random() * random())::numeric, 2),
	        'agent', (array['Mozilla/5.0 (X11; Linux x86_64)',
	            'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
	            'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4)', 'curl/8.5.0'])
	            [1 + (3 * random())::int],
	        'tags', jsonb_build_array('a' || i % 11,
	            'b' || (17 * random())::int)) AS data
	FROM generate_series(1, :mb * 1000000 / 3 / 200) i;
