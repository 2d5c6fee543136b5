ALTER TABLE orders
    ADD COLUMN key_digest BINARY(8) NULL,
    ADD COLUMN correlation_digest BINARY(8) NULL
