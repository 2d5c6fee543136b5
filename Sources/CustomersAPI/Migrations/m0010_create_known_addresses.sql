CREATE TABLE known_addresses (
    customer_id BIGINT UNSIGNED NOT NULL,
    address_id BINARY(32) NOT NULL,
    seen_at DATETIME(6) NOT NULL,
    PRIMARY KEY (customer_id, address_id),
    KEY ix_known_addresses_seen_at (seen_at),
    CONSTRAINT fk_known_addresses_credentials FOREIGN KEY (customer_id) REFERENCES credentials (customer_id)
        ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
