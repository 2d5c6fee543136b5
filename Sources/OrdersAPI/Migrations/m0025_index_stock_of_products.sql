ALTER TABLE products ADD KEY ix_products_stock (is_active, stock, id)
