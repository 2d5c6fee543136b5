import BlockingTesting
import LambdaRuntime
import SeededRandom
import Testing

/// Replies in every form that HTTP allows, and in forms that it does not: the first are read rightly, and none of the others
/// ends the process, is waited for without end, or is answered with what does not belong together.
@Suite(.blocking) struct ReplyFuzzTests {
    @Test func `however a reply is written and cut into packets, its body goes back under its id`() throws {
        var random = SeededRandom("replies in many forms")
        for _ in 0..<10 {
            let replies = (0..<15).map { RandomReply($0, &random) }
            let outcome = try RuntimeAPI.run(
                replies.map { .packets($0.packets, keepsConnection: $0.keepsConnection) }, handler: ClosureHandler.echo)
            #expect(outcome.log.isEmpty, "\(outcome.log)")
            #expect(outcome.posts.count == replies.count)
            for (post, reply) in zip(outcome.posts, replies) {
                let packets = reply.packets.map { String(decoding: $0, as: UTF8.self).debugDescription }
                #expect(post.path == "/2018-06-01/runtime/invocation/\(reply.id)/response", "\(packets)")
                #expect(post.text == reply.body, "\(packets)")
            }
        }
    }

    @Test func `a reply may be altered in any way: no id is made of its body, and the next event is handled`() throws {
        var random = SeededRandom("altered replies")
        for number in 0..<150 {
            let reply = RandomReply(number, &random)
            let packets = reply.packets.map { random.below(2) == 0 ? altered($0, &random) : $0 }
            let outcome = try RuntimeAPI.run(
                [.packets(packets, keepsConnection: false), .event("\"after\"", id: "after")],
                handler: ClosureHandler.echo)
            let shown = packets.map { String(decoding: $0, as: UTF8.self).debugDescription }
            #expect(outcome.posts.last?.text == "\"after\"", "\(shown)")
            #expect(outcome.posts.last?.path.hasSuffix("/after/response") == true, "\(shown)")
            for post in outcome.posts.dropLast() {
                // Ids are the only part of a reply that begins so, and bodies the only one that holds é.
                #expect(!post.path.contains("%C3") && !post.path.contains("of-the-body"), "\(post.path) of \(shown)")
                #expect(!post.text.contains("HTTP/1."), "\(post.text) of \(shown)")
            }
        }
    }

    private func altered(_ packet: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = packet
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let position = random.below(bytes.count)
            switch random.below(4) {
            case 0: bytes[position] = UInt8(random.below(128))
            case 1: bytes.remove(at: position)
            case 2: bytes.insert(contentsOf: [0x0D, 0x0A].prefix(random.below(3)), at: position)
            default: bytes.removeSubrange(position...)
            }
        }
        return bytes
    }
}
