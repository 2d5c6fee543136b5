import LambdaRuntime

/// An image that is to get a thumbnail.
struct Job {
    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    static let sideMax: Int64 = 256
    /// The largest side that any camera's picture has, and more.
    static let pixels: ClosedRange<Int64> = 1...100_000

    let image: String
    let width: Int64
    let height: Int64

    init(_ body: String) throws {
        let json = try JSONParser.parse(Array(body.utf8))
        guard let image = json["image"]?.string, let width = json["width"]?.integer,
            let height = json["height"]?.integer, Job.pixels.contains(width), Job.pixels.contains(height)
        else { throw Invalid(description: "A job has an image, a width and a height.") }
        self.image = image
        self.width = width
        self.height = height
    }

    /// The largest size of the same shape that fits into a square of `sideMax`.
    var thumbnail: (width: Int64, height: Int64) {
        let longer = max(width, height, Job.sideMax)
        return (max(width * Job.sideMax / longer, 1), max(height * Job.sideMax / longer, 1))
    }
}

// What is thrown here makes this message fail, and no other: SQS delivers it again, and after some times moves it to the
// dead-letter queue.
SQSLambdaHandler { message, _ in
    let job = try Job(message.body)
    let size = job.thumbnail
    print("\(job.image): \(size.width) × \(size.height)")
}.run()
