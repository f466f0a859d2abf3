#include "app/build_id.hpp"

#include "base/bytes.hpp"

#include <elf.h>
#include <link.h>

#include <cstring>

namespace ruck::app {
namespace {
constexpr std::size_t kNoteAlign = 4;

std::size_t aligned(std::size_t size) { return (size + kNoteAlign - 1) / kNoteAlign * kNoteAlign; }

// The build id among the notes of a segment, as bytes.
std::string_view find_in(std::string_view notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes.data(), sizeof head);
    notes.remove_prefix(sizeof head);
    const std::size_t name_size = aligned(head.n_namesz);
    const std::size_t size = name_size + aligned(head.n_descsz);
    if (size > notes.size()) return {};
    const bool is_gnu = notes.substr(0, head.n_namesz) == std::string_view("GNU", 4);
    if (is_gnu && head.n_type == NT_GNU_BUILD_ID) return notes.substr(name_size, head.n_descsz);
    notes.remove_prefix(size);
  }
  return {};
}

// Called for the program first, then for its libraries; gives whether to stop.
int look_at(dl_phdr_info* info, std::size_t, void* found) {
  for (std::size_t i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* begin = reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr);
    const std::string_view id = find_in({begin, segment.p_memsz});
    if (!id.empty()) *static_cast<std::string*>(found) = to_hex(id);
  }
  return 1;
}
}  // namespace

std::string build_id() {
  std::string found;
  dl_iterate_phdr(look_at, &found);
  return found;
}

}  // namespace ruck::app
