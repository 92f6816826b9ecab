#include "walras/codec/journal.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

#include "walras/codec/crc32c.hpp"
#include "walras/core/check.hpp"

namespace walras::codec {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the journal's bytes are the memory of a little-endian machine");

constexpr std::string_view magic = "WALRASJ\n";
constexpr std::uint32_t version = 1;
constexpr std::uint32_t byte_order = 0x0a0b0c0d;
constexpr std::size_t header_size = 32;
constexpr std::size_t tail_size = 8;
constexpr std::size_t largest_record = sizeof(model::Event) + tail_size;

constexpr std::size_t padded(std::size_t size) { return (size + 7) / 8 * 8; }

void put(std::span<std::byte> at, std::uint32_t value) { std::memcpy(at.data(), &value, sizeof value); }

std::uint32_t get(std::span<const std::byte> at) {
    std::uint32_t value;
    std::memcpy(&value, at.data(), sizeof value);
    return value;
}

constexpr bool is_kind(std::uint8_t kind) {
    return kind > static_cast<std::uint8_t>(model::EventKind::none) &&
           kind <= static_cast<std::uint8_t>(model::last_event_kind);
}

}  // namespace

std::string_view describe(JournalFault fault) {
    switch (fault) {
        case JournalFault::none: return "the journal is whole";
        case JournalFault::not_a_journal: return "this is not a journal of Walras";
        case JournalFault::unknown_version:
            return "the journal's format is of another version; read it with that version";
        case JournalFault::wrong_byte_order: return "the journal was written on a machine of another byte order";
        case JournalFault::corrupt_header: return "the journal's header is damaged";
        case JournalFault::truncated: return "the journal is truncated";
        case JournalFault::corrupt: return "the journal is damaged";
        case JournalFault::unknown_kind:
            return "the journal holds an unknown kind of event; read it with the version that wrote it";
    }
    return "unknown fault";
}

void JournalEncoder::begin(std::string_view metadata, std::vector<std::byte>& out) {
    WALRAS_CHECK(metadata.size() <= max_journal_metadata, "a journal's metadata is at most 16 MiB");
    const std::size_t start = out.size();
    out.resize(start + header_size + padded(metadata.size()));
    const std::span bytes = std::span(out).subspan(start);
    std::memcpy(bytes.data(), magic.data(), magic.size());
    put(bytes.subspan(8), version);
    put(bytes.subspan(12), byte_order);
    put(bytes.subspan(16), static_cast<std::uint32_t>(metadata.size()));
    if (!metadata.empty()) { std::memcpy(bytes.subspan(header_size).data(), metadata.data(), metadata.size()); }
    crc_ = crc32c(bytes.subspan(header_size), crc32c(bytes.first(28)));
    put(bytes.subspan(28), crc_);
}

void JournalEncoder::append(const model::Event& event, JournalSide side, std::vector<std::byte>& out) {
    const std::size_t body = model::event_header_size + model::payload_size(event.kind);
    WALRAS_CHECK(is_kind(static_cast<std::uint8_t>(event.kind)), "an event without a kind cannot be journalled");
    std::array<std::byte, largest_record> record{};
    std::memcpy(record.data(), &event, body);
    record[body] = static_cast<std::byte>(side);
    crc_ = crc32c(std::span(record).first(body + 4), crc_);
    put(std::span(record).subspan(body + 4), crc_);
    out.insert(out.end(), record.begin(), record.begin() + static_cast<std::ptrdiff_t>(body + tail_size));
}

JournalDecoder::JournalDecoder(std::span<const std::byte> bytes) : bytes_(bytes) {
    const std::size_t compared = std::min(bytes.size(), magic.size());
    if (compared == 0 || std::memcmp(bytes.data(), magic.data(), compared) != 0) {
        fault_ = JournalFault::not_a_journal;
    } else if (bytes.size() < header_size) {
        fault_ = JournalFault::truncated;
    } else if (get(bytes.subspan(12)) == std::byteswap(byte_order)) {
        fault_ = JournalFault::wrong_byte_order;
    } else {
        const std::size_t size = get(bytes.subspan(16));
        const std::size_t whole = header_size + padded(size);
        // The version is believed only under a right crc; the metadata's size must be plausible before that.
        if (size > max_journal_metadata) {
            fault_ = JournalFault::corrupt_header;
        } else if (bytes.size() < whole) {
            fault_ = JournalFault::truncated;
        } else {
            crc_ = crc32c(bytes.subspan(header_size, padded(size)), crc32c(bytes.first(28)));
            if (crc_ != get(bytes.subspan(28))) {
                fault_ = JournalFault::corrupt_header;
            } else if (get(bytes.subspan(8)) != version) {
                fault_ = JournalFault::unknown_version;
            } else {
                metadata_ = {reinterpret_cast<const char*>(bytes.data()) + header_size, size};
                offset_ = whole;
            }
        }
    }
}

bool JournalDecoder::next(model::Event& event, JournalSide& side) {
    if (fault_ != JournalFault::none || offset_ == bytes_.size()) { return false; }
    const std::span rest = bytes_.subspan(offset_);
    const auto kind = std::to_integer<std::uint8_t>(rest[0]);
    // The length follows from the kind. A damaged kind gives a wrong length, then a wrong crc.
    const std::size_t body = model::event_header_size + model::payload_size(static_cast<model::EventKind>(kind));
    if (rest.size() < body + tail_size) {
        fault_ = JournalFault::truncated;
        return false;
    }
    const std::uint32_t crc = crc32c(rest.first(body + 4), crc_);
    if (crc != get(rest.subspan(body + 4))) {
        fault_ = JournalFault::corrupt;
        return false;
    }
    const auto side_byte = std::to_integer<std::uint8_t>(rest[body]);
    if (!is_kind(kind) || side_byte > 1 || rest[body + 1] != std::byte{} || rest[body + 2] != std::byte{} ||
        rest[body + 3] != std::byte{}) {
        fault_ = JournalFault::unknown_kind;
        return false;
    }
    event = model::Event();
    std::memcpy(static_cast<void*>(&event), rest.data(), body);
    side = static_cast<JournalSide>(side_byte);
    crc_ = crc;
    offset_ += body + tail_size;
    ++records_;
    return true;
}

std::string JournalDecoder::message() const {
    if (fault_ == JournalFault::none) { return ""; }
    return fmt::format("{}, at byte {} of {}, after {} whole records; what comes before is intact", describe(fault_),
                       offset_, bytes_.size(), records_);
}

}  // namespace walras::codec
