ALTER TABLE customers ADD KEY ix_has_words (has_words, id)
