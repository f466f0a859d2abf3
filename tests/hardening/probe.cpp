// Built as a release is, to see in the program that its flags have done their work: a buffer on the
// stack, a copy whose size the library checks, a call through a pointer.
#include <cstdio>
#include <cstring>

namespace {
__attribute__((noinline)) int sum_of(const char* text, std::size_t size) {
  char copy[64];
  std::memcpy(copy, text, size);
  int sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += copy[i];
  return sum;
}
}  // namespace

int main(int argc, char** argv) {
  int (*volatile call)(const char*, std::size_t) = sum_of;
  std::printf("%d\n", call(argv[0], static_cast<std::size_t>(argc)));
  return 0;
}
