import SeededRandom

/// A reply that HTTP allows, in one of the many ways in which it can be written and cut into packets.
struct RandomReply {
    let id: String
    let body: String
    /// Whether another reply can follow over the same connection.
    let keepsConnection: Bool
    let packets: [[UInt8]]

    init(_ number: Int, _ random: inout SeededRandom) {
        id = "id-\(number)-\(random.below(1000))"
        // What would be taken for the id, were it read where the body lies.
        let line = "\r\nLambda-Runtime-Aws-Request-Id: of-the-body\r\n"
        body = "\"\(number)" + String(repeating: line + "0\r\n\r\né", count: random.below(40)) + "\""
        let isVersion10 = random.below(4) == 0
        let isChunked = !isVersion10 && random.below(2) == 0
        let hasLength = !isChunked && !(isVersion10 && random.below(2) == 0)
        var fields = [
            RandomReply.field("Lambda-Runtime-Aws-Request-Id", id, &random),
            RandomReply.field("Date", "Sat, 01 Jan 2000 00:00:00 GMT", &random), "X-Empty:\r\n",
        ]
        if isChunked { fields.append(RandomReply.field("Transfer-Encoding", "Chunked", &random)) }
        if hasLength {
            let zeros = String(repeating: "0", count: random.below(12))
            fields.append(RandomReply.field("Content-Length", zeros + String(body.utf8.count), &random))
        }
        let isClosed = random.below(4) == 0
        if isClosed { fields.append(RandomReply.field("Connection", "x, Close", &random)) }
        fields.shuffle(using: &random)
        keepsConnection = !isClosed && !isVersion10
        var head = random.below(4) == 0 ? "\r\n" : ""
        head += String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", count: random.below(3))
        head += "HTTP/1.\(isVersion10 ? 0 : 1) 200\(["", " ", " OK", " All is well"][random.below(4)])\r\n"
        head += fields.joined() + "\r\n"
        let content = isChunked ? RandomReply.chunks(Array(body.utf8), &random) : Array(body.utf8)
        packets = RandomReply.cut(Array(head.utf8), content, &random)
    }

    private static func field(_ name: String, _ value: String, _ random: inout SeededRandom) -> String {
        let name = [name, name.lowercased(), name.uppercased()][random.below(3)]
        let blanks = ["", " ", "\t ", "\r\n ", " \r\n\t \r\n  "]
        return "\(name):\(blanks[random.below(blanks.count)])\(value)\(["", " ", "\t"][random.below(3)])\r\n"
    }

    private static func chunks(_ body: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var text: [UInt8] = []
        var rest = body[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(1 + random.below(rest.count))
            rest = rest.dropFirst(chunk.count)
            text += size(chunk.count, &random) + chunk + [0x0D, 0x0A]
        }
        text += size(0, &random)
        text += Array(["\r\n", "A: b\r\nLambda-Runtime-Aws-Request-Id: of-the-trailer\r\n\r\n"][random.below(2)].utf8)
        return text
    }

    private static func size(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
        let zeros = String(repeating: "0", count: random.below(12))
        return Array("\(zeros)\(String(count, radix: 16))\(["", ";x", " ; y=\"z\"", " "][random.below(4)])\r\n".utf8)
    }

    /// Half of the time the head comes alone, which is what lets a body be received over it.
    private static func cut(_ head: [UInt8], _ content: [UInt8], _ random: inout SeededRandom) -> [[UInt8]] {
        let whole = head + content
        var places = Set((0..<random.below(4)).map { _ in random.below(whole.count) })
        if random.below(2) == 0 { places.insert(head.count) }
        var packets: [[UInt8]] = []
        var start = 0
        for place in places.sorted() + [whole.count] where place > start {
            packets.append(Array(whole[start..<place]))
            start = place
        }
        return packets
    }
}

extension SeededRandom {
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}
