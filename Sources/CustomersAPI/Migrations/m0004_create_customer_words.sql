CREATE TABLE IF NOT EXISTS customer_words (
    word VARCHAR(64) NOT NULL,
    row_id BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (word, row_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
