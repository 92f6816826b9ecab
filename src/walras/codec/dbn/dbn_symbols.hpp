// Which of our symbols a DBN record means: by instrument id, publisher and day.
//
// A symbol is what the mappings say for the day (UTC, of the receive stamp), else what a symbol mapping record said,
// else the id in decimal. Two ids that have one name on one day are told apart as "NAME#id"; a second publisher of one
// instrument has a book of its own and is named "NAME:publisher".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "walras/codec/dbn/dbn_metadata.hpp"

namespace walras::codec::dbn {

class Symbols {
public:
    static constexpr std::uint32_t not_wanted = UINT32_MAX;

    // `wanted`: empty for all.
    explicit Symbols(std::vector<std::string> wanted) : wanted_(std::move(wanted)) {}

    void set(std::vector<Mapping> mappings);
    // From a symbol mapping record: from now on.
    void rename(std::uint32_t instrument, std::string_view symbol);

    [[nodiscard]] std::uint32_t find(std::uint32_t instrument, std::uint16_t publisher, TimeNs at) {
        const std::uint64_t key = (std::uint64_t{publisher} << 32) | instrument;
        if (key == last_.key && at >= last_.begin && at < last_.end) [[likely]] { return last_.index; }
        return look_up(key, at);
    }
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

private:
    struct Found {
        std::uint64_t key = UINT64_MAX;
        TimeNs begin{};
        TimeNs end{};
        std::uint32_t index = not_wanted;
    };

    std::uint32_t look_up(std::uint64_t key, TimeNs at);
    [[nodiscard]] Found resolve(std::uint64_t key, TimeNs at);
    std::uint32_t index_of(const std::string& name);

    std::vector<std::string> wanted_;
    std::vector<Mapping> mappings_;
    std::vector<std::string> names_;
    // Looked up by key, never walked through.
    std::unordered_map<std::uint64_t, Found> found_;
    std::unordered_map<std::uint32_t, std::string> renamed_;
    std::unordered_map<std::uint32_t, std::uint16_t> first_publisher_;
    std::unordered_map<std::string, std::uint32_t> indices_;
    Found last_;
};

}  // namespace walras::codec::dbn
