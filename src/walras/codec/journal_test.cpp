#include "walras/codec/journal.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "walras/codec/crc32c.hpp"
#include "walras/codec/fuzz_targets.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::codec;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// One event of each kind, its payload filled with a pattern.
std::vector<model::Event> one_of_each() {
    std::vector<model::Event> out;
    for (int kind = 1; kind <= static_cast<int>(model::last_event_kind); ++kind) {
        model::Event event(static_cast<model::EventKind>(kind), InstrumentId{7}, TimeNs{1000 + kind},
                           TimeNs{2000 + kind});
        event.source = SourceId{3};
        event.sequence = static_cast<std::uint64_t>(kind);
        for (std::size_t i = 0; i < model::payload_size(event.kind); ++i) {
            event.bytes[i] = static_cast<unsigned char>(i * 7 + static_cast<std::size_t>(kind));
        }
        out.push_back(event);
    }
    return out;
}

std::vector<std::byte> encode(const std::vector<model::Event>& events, std::string_view metadata) {
    std::vector<std::byte> out;
    JournalEncoder encoder;
    encoder.begin(metadata, out);
    for (std::size_t i = 0; i < events.size(); ++i) {
        encoder.append(events[i], i % 2 == 0 ? JournalSide::inbound : JournalSide::outbound, out);
    }
    return out;
}

// Number of events read, equal to the first ones of `events`, and the fault that ended it.
std::size_t count_equal(std::span<const std::byte> bytes, const std::vector<model::Event>& events,
                        JournalFault& fault) {
    JournalDecoder decoder(bytes);
    model::Event event;
    JournalSide side{};
    std::size_t count = 0;
    while (decoder.next(event, side)) {
        REQUIRE(count < events.size());
        // Slots are zeroed: their bytes are what is compared. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
        const int difference = std::memcmp(&event, &events[count], sizeof event);
        REQUIRE(difference == 0);
        REQUIRE(side == (count % 2 == 0 ? JournalSide::inbound : JournalSide::outbound));
        ++count;
    }
    fault = decoder.fault();
    return count;
}

}  // namespace

TEST_CASE("crc32c equals the published check value, by instruction and by table, in any pieces") {
    CHECK(crc32c(bytes_of("123456789")) == 0xe3069283U);
    CHECK(crc32c_by_table(bytes_of("123456789")) == 0xe3069283U);
    const std::string zeros(32, '\0');
    CHECK(crc32c(bytes_of(zeros)) == 0x8a9136aaU);  // RFC 3720, B.4
    core::Random random({.seed = 1});
    std::vector<std::byte> noise(1000);
    for (auto& b : noise) { b = static_cast<std::byte>(random.below(256)); }
    for (const std::size_t cut : {0UL, 1UL, 7UL, 8UL, 9UL, 500UL, 1000UL}) {
        const auto all = std::span(noise);
        CHECK(crc32c(all.subspan(cut), crc32c(all.first(cut))) == crc32c_by_table(all));
    }
}

TEST_CASE("every kind of event comes back byte for byte, with its side and the metadata") {
    const auto events = one_of_each();
    for (const std::string metadata : {"", "{}", "12345678", R"({"seed": 1, "instruments": ["KO.XNYS"]})"}) {
        const auto bytes = encode(events, metadata);
        CHECK(bytes.size() % 8 == 0);
        JournalFault fault{};
        CHECK(count_equal(bytes, events, fault) == events.size());
        CHECK(fault == JournalFault::none);
        CHECK(JournalDecoder(bytes).metadata() == metadata);
        CHECK(JournalDecoder(bytes).message().empty());
    }
}

TEST_CASE("a journal cut anywhere keeps what was whole and says that it is truncated") {
    const auto events = one_of_each();
    const auto bytes = encode(events, "{\"a\": 1}");
    std::vector<std::size_t> ends{40};
    for (const auto& event : events) { ends.push_back(ends.back() + 32 + model::payload_size(event.kind) + 8); }
    REQUIRE(ends.back() == bytes.size());
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        JournalFault fault{};
        const std::size_t count = count_equal(std::span(bytes).first(cut), events, fault);
        const auto whole = static_cast<std::size_t>(
            std::count_if(ends.begin() + 1, ends.end(), [cut](std::size_t e) { return e <= cut; }));
        CHECK(count == whole);
        const bool at_end = std::find(ends.begin(), ends.end(), cut) != ends.end();
        CHECK(fault == (at_end ? JournalFault::none : JournalFault::truncated));
    }
    CHECK(JournalDecoder(std::span(bytes).first(0)).fault() == JournalFault::not_a_journal);
    JournalDecoder decoder{std::span(bytes).first(bytes.size() - 1)};
    model::Event event;
    JournalSide side{};
    while (decoder.next(event, side)) {}
    CHECK(decoder.message().find("truncated, at byte") != std::string::npos);
    CHECK(decoder.message().find("after 11 whole records") != std::string::npos);
}

TEST_CASE("every flipped byte is detected, and what comes before it is kept") {
    const auto events = one_of_each();
    const auto bytes = encode(events, "{\"a\": 1}");
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        for (const unsigned mask : {0x01U, 0x80U, 0xffU}) {
            auto broken = bytes;
            broken[i] ^= static_cast<std::byte>(mask);
            JournalFault fault{};
            const std::size_t count = count_equal(broken, events, fault);
            CHECK(fault != JournalFault::none);
            CHECK(count < events.size());
        }
    }
}

TEST_CASE("a record that is lost, repeated or moved is detected") {
    const auto events = one_of_each();
    const auto bytes = encode(events, "");
    const std::size_t first = 32;
    const std::size_t second = first + 32 + model::payload_size(events[0].kind) + 8;
    auto lost = bytes;
    lost.erase(lost.begin() + first, lost.begin() + static_cast<std::ptrdiff_t>(second));
    JournalFault fault{};
    model::Event event;
    JournalSide side{};
    JournalDecoder decoder(lost);
    CHECK_FALSE(decoder.next(event, side));
    CHECK(decoder.fault() == JournalFault::corrupt);
    auto repeated = bytes;
    repeated.insert(repeated.begin() + static_cast<std::ptrdiff_t>(second), bytes.begin() + first,
                    bytes.begin() + static_cast<std::ptrdiff_t>(second));
    CHECK(count_equal(repeated, events, fault) == 1);
    CHECK(fault == JournalFault::corrupt);
}

TEST_CASE("a journal goes on where it ended") {
    const auto events = one_of_each();
    const auto whole = encode(events, "x");
    auto part = encode({events.begin(), events.begin() + 4}, "x");
    JournalDecoder decoder(part);
    model::Event event;
    JournalSide side{};
    while (decoder.next(event, side)) {}
    JournalEncoder encoder;
    encoder.resume(decoder.crc());
    for (std::size_t i = 4; i < events.size(); ++i) {
        encoder.append(events[i], i % 2 == 0 ? JournalSide::inbound : JournalSide::outbound, part);
    }
    CHECK(part == whole);
}

TEST_CASE("another version, another byte order and another file are told apart") {
    auto bytes = encode({}, "");
    std::swap(bytes[12], bytes[15]);
    std::swap(bytes[13], bytes[14]);
    CHECK(JournalDecoder(bytes).fault() == JournalFault::wrong_byte_order);
    CHECK(JournalDecoder(bytes_of("date,open,high,low,close\n2024-01-01,1,1,1,1\n")).fault() ==
          JournalFault::not_a_journal);
    auto newer = encode({}, "");
    newer[8] = std::byte{2};
    const std::uint32_t crc = crc32c(std::span(newer).first(28));
    std::memcpy(newer.data() + 28, &crc, 4);
    CHECK(JournalDecoder(newer).fault() == JournalFault::unknown_version);
}

TEST_CASE("mutated journals never break the decoder") {
    const auto seed = encode(one_of_each(), "{\"a\": 1}");
    core::Random random({.seed = 11});
    for (int i = 0; i < 20'000; ++i) {
        auto bytes = seed;
        for (auto n = random.below(4); n > 0; --n) {
            bytes[random.below(bytes.size())] = static_cast<std::byte>(random.below(256));
        }
        bytes.resize(random.below(bytes.size() + 1));
        fuzz_journal(bytes);
    }
}
