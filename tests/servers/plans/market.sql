-- SPDX-License-Identifier: PostgreSQL
SELECT status, count(*), sum(amount) FROM orders GROUP BY status;
SELECT * FROM orders WHERE id BETWEEN 1000 AND 1200;
SELECT c.segment, sum(o.amount) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY 1;
SELECT o.id, count(i.id) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.status = 'new' GROUP BY 1;
SELECT p.id, sum(i.qty) FROM products p JOIN items i ON i.product_id = p.id WHERE p.discontinued GROUP BY 1 ORDER BY 2 DESC LIMIT 20;
SELECT r.product_id, avg(r.rating) FROM reviews r GROUP BY 1 HAVING count(*) > 3;
SELECT c.id FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id);
SELECT f.followee_id, count(*) FROM follows f GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
SELECT a.id, b.id FROM customers a JOIN customers b ON b.referrer_id = a.id WHERE a.segment = 2;
SELECT * FROM follows WHERE follower_id = 100;
SELECT y.zone, count(*) FROM countries y JOIN customers c ON c.country_id = y.id JOIN reviews r ON r.customer_id = c.id GROUP BY 1;
SELECT * FROM orders ORDER BY amount DESC LIMIT 100;
