/// What came of the calls of the last seconds, in slices: whole slices are forgotten as time goes on.
struct CallWindow {
    /// 10: what is forgotten is forgotten a tenth of the window late at most.
    private static let sliceCount = 10

    struct Counts {
        var all = 0
        var failed = 0
        var slow = 0
    }

    private let sliceNanoseconds: UInt64
    private var slices = [Counts](repeating: Counts(), count: sliceCount)
    /// The number of the newest slice, counted from the clock's zero.
    private var newest: UInt64 = 0

    init(milliseconds: Int) {
        sliceNanoseconds = UInt64(max(milliseconds, CallWindow.sliceCount)) * 1_000_000 / UInt64(CallWindow.sliceCount)
    }

    mutating func add(isFailed: Bool, isSlow: Bool, at uptimeNanoseconds: UInt64) {
        move(to: uptimeNanoseconds)
        let index = Int(newest % UInt64(CallWindow.sliceCount))
        slices[index].all += 1
        if isFailed { slices[index].failed += 1 }
        if isSlow { slices[index].slow += 1 }
    }

    mutating func counts(at uptimeNanoseconds: UInt64) -> Counts {
        move(to: uptimeNanoseconds)
        return slices.reduce(into: Counts()) { sum, slice in
            sum.all += slice.all
            sum.failed += slice.failed
            sum.slow += slice.slow
        }
    }

    mutating func clear() { slices = Array(repeating: Counts(), count: CallWindow.sliceCount) }

    private mutating func move(to uptimeNanoseconds: UInt64) {
        let now = uptimeNanoseconds / sliceNanoseconds
        guard now > newest else { return }
        let passed = min(now - newest, UInt64(CallWindow.sliceCount))
        for step in 1...passed { slices[Int((newest + step) % UInt64(CallWindow.sliceCount))] = Counts() }
        newest = now
    }
}
