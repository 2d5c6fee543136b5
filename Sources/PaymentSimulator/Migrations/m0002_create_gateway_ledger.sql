CREATE TABLE IF NOT EXISTS gateway_ledger (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    intent_number BIGINT UNSIGNED NOT NULL,
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount BIGINT UNSIGNED NOT NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (number),
    KEY ix_gateway_ledger_intent (intent_number, kind, amount)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
