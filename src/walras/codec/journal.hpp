// The event journal: an append-only sequence of events, as bytes.
//
//   file    = header metadata record*
//   header  = magic[8] "WALRASJ\n" | u32 version = 1 | u32 byte order = 0x0a0b0c0d | u32 metadata size m
//             | u32 0 | u32 0 | u32 crc                                                             (32 bytes)
//   metadata= m bytes that the writer chose (JSON: instruments, seed, versions), zero-padded to a multiple of 8
//   record  = event header[32] | payload[payload_size(kind)] | u8 side | u8 0 | u8 0 | u8 0 | u32 crc   (multiple of 8)
//
// Numbers are little-endian. The event header and the payload are the bytes of model::Event (model/event.hpp), so each
// kind has its own length. `side` is 0 for what the session was told, 1 for what it decided.
// crc is CRC-32C. The header's covers its first 28 bytes and the padded metadata. A record's continues the crc before
// it (the header's for the first record) over everything in the record before the crc: a record that is changed, lost,
// repeated or moved is detected, and what comes before it is known to be whole.
//
// Pure functions of bytes: files are data/journal_file.hpp. No object here is shared between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "walras/model/event.hpp"

namespace walras::codec {

enum class JournalSide : std::uint8_t { inbound, outbound };

// Largest metadata that a reader accepts.
inline constexpr std::size_t max_journal_metadata = std::size_t{1} << 24;

class JournalEncoder {
public:
    // Appends the file's beginning to `out`.
    void begin(std::string_view metadata, std::vector<std::byte>& out);
    // Continues after a record (or a header) whose crc this is.
    void resume(std::uint32_t crc) { crc_ = crc; }
    void append(const model::Event& event, JournalSide side, std::vector<std::byte>& out);
    [[nodiscard]] std::uint32_t crc() const { return crc_; }

private:
    std::uint32_t crc_ = 0;
};

enum class JournalFault : std::uint8_t {
    none,
    not_a_journal,
    unknown_version,
    wrong_byte_order,
    corrupt_header,
    truncated,     // the last record, or the header, ends early: a crash while writing
    corrupt,       // a record's crc is wrong
    unknown_kind,  // the crc is right, but no such kind of event: a newer version wrote it
};
// A sentence for each.
std::string_view describe(JournalFault fault);

class JournalDecoder {
public:
    // Borrows the bytes. A fault in the header is known at once.
    explicit JournalDecoder(std::span<const std::byte> bytes);
    // Goes on behind a record (or a header) whose crc this is: a journal that is read in pieces.
    JournalDecoder(std::span<const std::byte> records, std::uint32_t crc) : bytes_(records), crc_(crc) {}

    // The next whole record; false at the end or at a fault. The slot's unused bytes are zero.
    bool next(model::Event& event, JournalSide& side);

    [[nodiscard]] JournalFault fault() const { return fault_; }
    // Bytes that are known to be whole; with a fault, where it is.
    [[nodiscard]] std::size_t offset() const { return offset_; }
    [[nodiscard]] std::uint64_t records() const { return records_; }
    [[nodiscard]] std::string_view metadata() const { return metadata_; }
    [[nodiscard]] std::uint32_t crc() const { return crc_; }
    // "the journal is truncated at byte 1234, after 17 whole records; ..." or "" without a fault.
    [[nodiscard]] std::string message() const;

private:
    std::span<const std::byte> bytes_;
    std::string_view metadata_;
    std::size_t offset_ = 0;
    std::uint64_t records_ = 0;
    std::uint32_t crc_ = 0;
    JournalFault fault_ = JournalFault::none;
};

}  // namespace walras::codec
