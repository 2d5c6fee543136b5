import BlockingTesting
import SeededRandom
import Testing

@testable import Mail

@Suite(.blocking) struct MailMessageTests {
    @Test(arguments: [
        "a@b", "orders@example.com", "first.last+tag@sub.example.co", "o'neil@example.com", "a@xn--mller-kva.example",
        "1@1.de", String(repeating: "a", count: 64) + "@example.com",
    ])
    func `addresses are taken`(text: String) {
        #expect(MailAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", "a", "@", "a@", "@b", "a@b@c", "a b@c", " a@b", "a@b ", "a@b\r\nRCPT TO:<x@y>", "a@b\n", "a\r@b", "a@b\0",
        "<a@b>",
        "\"a b\"@c", "a@[127.0.0.1]", ".a@b", "a.@b", "a..b@c", "a@.b", "a@b.", "a@b..c", "a@-b", "a@b-", "a@b_c",
        "ñ@b",
        "a@ñ.example", "a,b@c", "a@b,c@d", "a;b@c", "a(b)@c", String(repeating: "a", count: 65) + "@example.com",
        "a@" + String(repeating: "b", count: 64), "a@" + String(repeating: "b.", count: 126) + "c",
    ])
    func `other texts are no address`(text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test(arguments: [
        "a\rb", "a\nBcc: x@y", "a\r\n\r\nb", "a\0", "a\tb", "a\u{7F}", "a\u{85}b", "a\u{2028}b", "a\u{2029}b",
    ])
    func `a subject with a control character is refused`(subject: String) {
        #expect(throws: MailMessageError.subjectHasControlCharacter) { try message(subject: subject) }
    }

    @Test func `what is too long or malformed is refused`() {
        #expect(throws: MailMessageError.subjectTooLong) { try message(subject: String(repeating: "a", count: 501)) }
        #expect(throws: MailMessageError.textTooLong) { try message(text: String(repeating: "a", count: 65_537)) }
        for id in [
            "", "a", "a@", "@b", "a@b@c", "a b@c", "<a@b>", "a@b>\r\nX: y", "a@b\n",
            String(repeating: "a", count: 249) + "@b",
        ] {
            #expect(throws: MailMessageError.messageID) { try message(messageID: id) }
        }
    }

    @Test(arguments: [
        (0, "Thu, 1 Jan 1970 00:00:00 +0000"), (951_827_696, "Tue, 29 Feb 2000 12:34:56 +0000"),
        (1_795_983_423, "Sun, 29 Nov 2026 20:17:03 +0000"),
    ])
    func `moments are written as mail has them`(seconds: Int, text: String) {
        #expect(MailDate.text(seconds) == text)
        #expect(MailDate.text(.max) == nil)
        #expect(MailDate.text(.min) == nil)
    }

    @Test(arguments: [
        ("", ""), ("Order 17", "Order 17"), ("=?utf-8?B?QQ==?=", "=?utf-8?B?PT91dGYtOD9CP1FRPT0/PQ==?="),
        (" a", "=?utf-8?B?IGE=?="), ("Confirmación", "=?utf-8?B?Q29uZmlybWFjacOzbg==?="),
    ])
    func `a subject beyond ASCII is a word of Base64`(subject: String, encoded: String) {
        #expect(EncodedWords.encode(subject) == encoded)
    }

    @Test func `a long subject is several words, none longer than 75 and none with half a character`() {
        for text in [
            String(repeating: "ñ", count: 250), String(repeating: "a€😀", count: 60),
            String(repeating: "x ", count: 250),
        ] {
            let words = EncodedWords.encode(text).split(separator: "\r\n ")
            #expect(words.count > 5)
            #expect(words.allSatisfy { $0.utf8.count <= 75 && $0.hasPrefix("=?utf-8?B?") && $0.hasSuffix("?=") })
        }
    }

    @Test(arguments: [
        ("", "\r\n"), ("a", "a\r\n"), ("a\nb\r\nc\rd\n", "a\r\nb\r\nc\r\nd\r\n"), ("a=b", "a=3Db\r\n"),
        ("a \n\t\n", "a=20\r\n=09\r\n"),
        ("ñ", "=C3=B1\r\n"), (".\n..a", ".\r\n..a\r\n"), ("\0\u{1B}", "=00=1B\r\n"), ("\n\n", "\r\n\r\n"),
        (String(repeating: "a", count: 76), String(repeating: "a", count: 76) + "\r\n"),
        (String(repeating: "a", count: 77), String(repeating: "a", count: 75) + "=\r\naa\r\n"),
    ])
    func `text is quoted where it must be`(text: String, quoted: String) {
        #expect(String(decoding: QuotedPrintable.encode(text), as: UTF8.self) == quoted)
    }

    @Test func `no message has anything but short lines of ASCII`() throws {
        var random = SeededRandom("mail texts")
        for _ in 0..<50 {
            let text = String(decoding: random.bytes(count: 1000), as: UTF8.self)
            let bytes = try message(subject: "Ñ" + String(repeating: "€", count: 100), text: text).bytes
            #expect(bytes.allSatisfy { 0x20...0x7E ~= $0 || $0 == 0x0D || $0 == 0x0A || $0 == 0x09 })
            for line in String(decoding: bytes, as: UTF8.self).split(
                separator: "\r\n", omittingEmptySubsequences: false)
            {
                #expect(line.utf8.count <= 76)
                #expect(!line.utf8.contains(0x0D) && !line.utf8.contains(0x0A))
            }
        }
    }
}
