package import JSON
internal import Telemetry

/// A customer as an order remembers them.
package struct CustomerSnapshot: JSONEncodable, Sendable, Undisclosed {
    package let id: Int64
    package let name: String
    package let email: String
    package let phone: String

    package init(id: Int64, name: String, email: String, phone: String) {
        self.id = id
        self.name = name
        self.email = email
        self.phone = phone
    }

    package func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("name", name)
            writer.member("email", email)
            writer.member("phone", phone)
        }
    }
}
