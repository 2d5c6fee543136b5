CREATE TABLE IF NOT EXISTS gateway_faults (
    number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    operation VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    fault VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    delay_milliseconds INT UNSIGNED NOT NULL,
    remaining INT UNSIGNED NULL,
    percent TINYINT UNSIGNED NULL,
    seed BIGINT UNSIGNED NULL,
    PRIMARY KEY (number)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
