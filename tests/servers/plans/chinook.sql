-- SPDX-License-Identifier: PostgreSQL
SELECT g.genre_id, count(*) FROM genre g JOIN track t USING (genre_id) GROUP BY 1;
SELECT * FROM track WHERE album_id = 100;
SELECT * FROM track WHERE track_id = 1000;
SELECT a.artist_id, count(*) FROM artist a JOIN album b USING (artist_id) GROUP BY 1 ORDER BY 2 DESC;
SELECT i.customer_id, sum(i.total) FROM invoice i GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
SELECT l.track_id, sum(l.quantity) FROM invoice_line l GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
SELECT * FROM invoice_line WHERE invoice_id = 50;
SELECT t.track_id FROM track t LEFT JOIN invoice_line l USING (track_id) WHERE l.track_id IS NULL;
SELECT p.playlist_id, count(*) FROM playlist p JOIN playlist_track x USING (playlist_id) GROUP BY 1;
SELECT c.customer_id, i.invoice_id, l.track_id FROM customer c JOIN invoice i USING (customer_id) JOIN invoice_line l USING (invoice_id) WHERE i.total > 10;
SELECT * FROM track WHERE milliseconds > 400000 ORDER BY bytes DESC LIMIT 20;
SELECT * FROM invoice WHERE invoice_date BETWEEN '2023-01-01' AND '2023-02-01';
