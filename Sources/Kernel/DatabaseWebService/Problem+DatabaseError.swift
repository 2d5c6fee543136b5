package import MySQL
package import WebApplication

extension Problem {
    /// What a client may know of a database's failure. A room maps the errors that mean something to it (a taken e-mail,
    /// say) before it comes to this.
    package init(_ error: DatabaseError) {
        switch error {
        case .unavailable, .untrustedServer, .poolExhausted, .conflict, .lockWaitTimeout:
            self = .databaseUnavailable(error)
        case .deadlineExceeded: self = .deadlineExceeded
        case .outcomeUnknown: self = .outcomeUnknown(error)
        case .duplicateKey, .outOfRange, .dataTooLong, .decoding, .statement: self = .internalError(error)
        }
    }
}

extension HealthCheck {
    /// Whether the database answers.
    package static func database(_ database: Database) -> HealthCheck {
        HealthCheck("database") { deadline in
            do {
                try database.ping(by: deadline)
                return nil
            } catch {
                return "The database does not answer."
            }
        }
    }

    /// Whether the schema is what the program needs.
    package static func schema(_ startup: SchemaStartup) -> HealthCheck {
        HealthCheck("schema") { _ in startup.isCurrent ? nil : "The schema is not ready." }
    }
}
