ALTER TABLE orders
    ADD KEY ix_orders_key (key_digest, id),
    ADD KEY ix_orders_correlation (correlation_digest, id)
