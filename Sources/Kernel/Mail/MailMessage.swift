/// One message of plain text to one address: it is taken or refused as a whole.
package struct MailMessage: Sendable {
    /// 500 bytes of UTF-8: more than any program shows.
    package static let subjectBytesMax = 500
    /// 64 KiB of UTF-8: as much as an event has.
    package static let textBytesMax = 64 * 1024
    /// 250 bytes: two of them and their brackets fit on a line.
    package static let messageIDBytesMax = 250

    package let from: MailAddress
    package let to: MailAddress
    package let subject: String
    package let text: String
    package let messageID: String
    /// Seconds since 1970.
    package let dateSeconds: Int

    /// - Parameters:
    ///   - subject: without control characters.
    ///   - text: its lines end in LF or CR LF; what is in them does not matter.
    ///   - messageID: without its angle brackets, such as `7.42@orders.example`. The same message sent again has the same, by which
    ///     a reader's program may know it.
    ///   - dateSeconds: of the message, not of the attempt, since 1970.
    /// - Throws: `MailMessageError`.
    package init(
        from: MailAddress, to: MailAddress, subject: String, text: String, messageID: String, dateSeconds: Int
    ) throws(MailMessageError) {
        guard subject.utf8.count <= MailMessage.subjectBytesMax else { throw .subjectTooLong }
        guard !MailSyntax.hasControlCharacter(subject) else { throw .subjectHasControlCharacter }
        guard text.utf8.count <= MailMessage.textBytesMax else { throw .textTooLong }
        let parts = messageID.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard messageID.utf8.count <= MailMessage.messageIDBytesMax, parts.count == 2, MailSyntax.isDotAtom(parts[0]),
            MailSyntax.isDotAtom(parts[1])
        else { throw .messageID }
        guard let date = MailDate.text(dateSeconds) else { throw .date }
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.messageID = messageID
        self.dateSeconds = dateSeconds
        self.date = date
    }

    private let date: String

    /// As it is transferred (RFC 5322, RFC 2045): ASCII in lines of 76 bytes at most, each with CR LF.
    var bytes: [UInt8] {
        let fields = [
            "Date: \(date)", "From: <\(from)>", "To: <\(to)>", "Message-ID: <\(messageID)>",
            "Subject: \(EncodedWords.encode(subject))", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            // No program that answers by itself shall answer (RFC 3834).
            "Auto-Submitted: auto-generated",
        ]
        return Array((fields.joined(separator: "\r\n") + "\r\n\r\n").utf8) + QuotedPrintable.encode(text)
    }
}

/// What is wrong with a message that cannot be sent as it is.
package enum MailMessageError: Error, Equatable {
    case subjectTooLong
    case subjectHasControlCharacter
    case textTooLong
    /// It is not `left@right`, with dots and what an address may have.
    case messageID
    /// It has no year of four digits.
    case date
}
