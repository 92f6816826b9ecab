// The event journal (codec/journal.hpp) in a file. A writer belongs to one thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "walras/codec/journal.hpp"

namespace walras::data {

// Appends events through a buffer. What was flushed survives a crash of the process, what was synced a crash of the
// machine. Throws DataError when the file cannot be opened or written; the message names the file and the cause.
class JournalWriter {
public:
    // Creates the file, or replaces it.
    JournalWriter(std::filesystem::path path, std::string_view metadata);
    // Goes on where an existing journal ends. A record that a crash cut short is removed; any other fault throws.
    static JournalWriter resume(std::filesystem::path path);

    JournalWriter(JournalWriter&& other) noexcept;
    JournalWriter& operator=(JournalWriter&&) = delete;
    JournalWriter(const JournalWriter&) = delete;
    JournalWriter& operator=(const JournalWriter&) = delete;
    ~JournalWriter();  // flushes; an error there is lost, so call close

    void append(const model::Event& event, codec::JournalSide side) {
        encoder_.append(event, side, buffer_);
        ++records_;
        if (buffer_.size() >= flush_size) [[unlikely]] { flush(); }
    }
    void flush();
    void sync();   // flush, then wait for the disk
    void close();  // flush, and report what goes wrong
    [[nodiscard]] std::uint64_t records() const { return records_; }

private:
    static constexpr std::size_t flush_size = std::size_t{1} << 20;

    JournalWriter() = default;

    std::filesystem::path path_;
    codec::JournalEncoder encoder_;
    std::vector<std::byte> buffer_;
    std::uint64_t records_ = 0;
    int file_ = -1;
};

struct JournalContents {
    std::string metadata;
    std::vector<model::Event> events;
    std::vector<codec::JournalSide> sides;  // one an event
    std::string fault;                      // "" or why reading stopped; what is here is whole
};

// Reads what is whole. Throws DataError if the file cannot be read or is no journal at all.
JournalContents read_journal(const std::filesystem::path& path);

// A file's bytes. Throws DataError.
std::string read_file(const std::filesystem::path& path);

}  // namespace walras::data
