ALTER TABLE customers ADD COLUMN erased_at DATETIME(6) NULL, ADD KEY ix_customers_erased_at (erased_at, id)
