ALTER TABLE orders ADD KEY ix_orders_customer_status (customer_id, status, id)
