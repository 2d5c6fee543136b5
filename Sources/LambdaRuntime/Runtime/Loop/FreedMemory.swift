private import CMalloc

/// What becomes of memory that an event has taken and freed.
enum FreedMemory {
    /// 8 MiB: above what one event or response takes.
    private static let blockBytesMax: Int32 = 8 * 1024 * 1024
    /// 32 MiB: an event and a response of 6 MiB each, and their texts, twice.
    private static let keptBytesMax: Int32 = 32 * 1024 * 1024

    /// Keeps it for the next event. Given back to the system and taken anew, each page of each copy of an event is a page fault,
    /// which was half the time of a typed event of 1 MB.
    static func keepForNextEvent() {
        mallopt(M_MMAP_THRESHOLD, blockBytesMax)
        mallopt(M_TRIM_THRESHOLD, keptBytesMax)
    }
}
