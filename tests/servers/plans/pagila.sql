-- SPDX-License-Identifier: PostgreSQL
SELECT * FROM film WHERE film_id = 10;
SELECT rating, count(*), avg(length) FROM film GROUP BY 1;
SELECT * FROM rental WHERE customer_id = 100 ORDER BY rental_id LIMIT 20;
SELECT i.film_id, count(*) FROM inventory i JOIN rental r USING (inventory_id) GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
SELECT customer_id, sum(amount) FROM payment GROUP BY 1 ORDER BY 2 DESC;
SELECT sum(amount) FROM payment WHERE payment_date >= '2020-03-01' AND payment_date < '2020-04-01';
SELECT * FROM payment WHERE rental_id = 4000;
SELECT f.film_id FROM film f WHERE NOT EXISTS (SELECT FROM inventory i WHERE i.film_id = f.film_id);
SELECT c.name, count(*) FROM category c JOIN film_category x USING (category_id) JOIN film f USING (film_id) WHERE f.length > 120 GROUP BY 1;
SELECT a.actor_id, count(*) FROM actor a JOIN film_actor x USING (actor_id) GROUP BY 1 ORDER BY 2 DESC LIMIT 5;
SELECT s.store_id, count(*) FROM store s JOIN inventory i USING (store_id) JOIN rental r USING (inventory_id) GROUP BY 1;
SELECT * FROM customer WHERE store_id = 1 AND activebool ORDER BY customer_id LIMIT 50;
