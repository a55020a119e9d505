-- SPDX-License-Identifier: PostgreSQL
-- What an application asks of the shop: joins, sorts, aggregates, ranges; one a line.
SELECT status, count(*), sum(total) FROM orders GROUP BY status;
SELECT * FROM orders WHERE customer_id = 4711 ORDER BY placed_at DESC LIMIT 10;
SELECT * FROM orders WHERE placed_at >= '2024-03-01' AND placed_at < '2024-03-02';
SELECT * FROM orders WHERE placed_at >= '2022-01-01' AND placed_at < '2024-01-01' ORDER BY total DESC LIMIT 100;
SELECT o.order_id, sum(i.line_total) FROM orders o JOIN order_items i USING (order_id) WHERE o.placed_at >= '2024-06-01' GROUP BY 1;
SELECT p.category_id, sum(i.qty) FROM order_items i JOIN products p USING (product_id) GROUP BY 1 ORDER BY 2 DESC;
SELECT c.country, count(*) FROM customers c WHERE c.deleted_at IS NULL GROUP BY 1;
SELECT * FROM customers WHERE country = 'DE' AND deleted_at IS NULL ORDER BY created_at DESC LIMIT 20;
SELECT c.customer_id FROM customers c LEFT JOIN orders o USING (customer_id) WHERE o.order_id IS NULL;
SELECT * FROM order_items WHERE order_id = 123456;
SELECT * FROM order_items WHERE product_id = 77 ORDER BY order_id LIMIT 50;
SELECT count(*) FROM order_items WHERE discount IS NOT NULL AND qty > 3;
SELECT date_trunc('month', paid_at) AS m, method, sum(amount) FROM payments GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM payments WHERE order_id = 99999;
SELECT sum(amount) FROM payments WHERE paid_at >= '2023-05-01' AND paid_at < '2023-06-01';
SELECT p.payment_id FROM payments p JOIN refunds r USING (payment_id, paid_at) WHERE r.amount > 100;
SELECT r.product_id, avg(r.stars) FROM reviews r GROUP BY 1 HAVING count(*) > 5;
SELECT * FROM reviews WHERE customer_id = 1234 AND stars <= 2;
SELECT t.ticket_id, count(m.message_id) FROM support_tickets t JOIN ticket_messages m USING (ticket_id) WHERE t.prio = 'urgent' GROUP BY 1;
SELECT * FROM audit_log WHERE table_name = 'orders' ORDER BY at DESC LIMIT 50;
SELECT s.customer_id, max(s.started_at) FROM sessions s GROUP BY 1 ORDER BY 2 DESC LIMIT 100;
SELECT o.*, s.carrier FROM orders o JOIN shipments s USING (order_id) WHERE o.status = 'shipped' AND s.shipped_at > '2025-01-01' ORDER BY s.shipped_at LIMIT 200;
SELECT c.customer_id, a.city, count(o.order_id) FROM customers c JOIN addresses a ON a.address_id = c.default_address_id JOIN orders o ON o.customer_id = c.customer_id WHERE c.segment = 'b2b' GROUP BY 1, 2;
SELECT order_id FROM orders WHERE status IN ('placed', 'paid') AND total > 500 ORDER BY placed_at;
