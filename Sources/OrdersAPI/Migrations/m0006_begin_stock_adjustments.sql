-- What is on hand and what orders hold is what there must have been.
INSERT INTO stock_adjustments (product_id, delta, reason, created_at)
SELECT products.id, products.stock + COALESCE(held.qty, 0), 'INITIAL', UTC_TIMESTAMP(6)
FROM products LEFT JOIN (
    SELECT order_items.product_id, SUM(order_items.qty) AS qty
    FROM order_items JOIN orders ON orders.id = order_items.order_id
    WHERE orders.status IN ('CREATED', 'CONFIRMED')
    GROUP BY order_items.product_id
) AS held ON held.product_id = products.id
ORDER BY products.id
