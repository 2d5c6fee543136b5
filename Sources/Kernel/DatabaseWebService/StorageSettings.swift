package import Settings
package import WebApplication
package import WebService

/// What a service that keeps lists and idempotency keys reads from its environment.
package struct StorageSettings: Sendable {
    /// Whether the service migrates its schema when it starts.
    package let migratesAtStart: Bool
    /// Signs the cursors of lists.
    package let cursor: PageCursor
    /// How long a key keeps its reply.
    package let idempotencyRetentionHours: Int

    /// - Parameter tokens: what cursors are signed with where no secret of their own is set; every instance has
    ///   them, so any instance reads another's cursors.
    package init(_ reader: inout EnvironmentReader, tokens: ServiceTokens) {
        migratesAtStart = reader.flag(
            "SYNCHRONIZE", default: false,
            "TRUE migrates the schema at start; FALSE refuses to start on an old one, and names the command.")
        let secrets = reader.secrets(
            "CURSOR_SECRET",
            "Signs list cursors (default: derived from SERVICE_TOKEN); may list two while rotating.")
        let cursor = PageCursor(secrets: secrets.isEmpty ? tokens.settings.service : secrets)
        if secrets.isEmpty { tokens.onChange { cursor.replace(secrets: $0) } }
        self.cursor = cursor
        idempotencyRetentionHours = reader.integer(
            "IDEMPOTENCY_TTL_HOURS", default: 72, in: 24...8760,
            "How long an idempotency key keeps its reply: over a weekend, so that a bug found on Monday can be retried."
        )
    }
}
