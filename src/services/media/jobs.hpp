#pragma once
// What the jobs of photos are told. Payloads hold ids and keys of blobs, nothing of the picture.
#include "services/media/types.hpp"

#include <boost/describe/class.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ruck::photos {

// Makes the sizes of a file that has come in. Not its account's job, which would go with it: what
// is left in the store is removed even then.
inline constexpr std::string_view kProcessJob = "media.process";
struct ProcessJob {
  Uuid photo;
  std::string incoming;  // the key of its file
};
BOOST_DESCRIBE_STRUCT(ProcessJob, (), (photo, incoming))

// Removes blobs that nothing needs any more.
inline constexpr std::string_view kRemoveJob = "media.remove";
struct RemoveJob {
  UserId user;
  std::vector<std::string> blobs;  // keys after the user's id
};
BOOST_DESCRIBE_STRUCT(RemoveJob, (), (user, blobs))

// Removes everything of an account that is gone.
inline constexpr std::string_view kRemoveAllJob = "media.remove_all";
struct RemoveAllJob {
  UserId user;
};
BOOST_DESCRIBE_STRUCT(RemoveAllJob, (), (user))

inline constexpr std::string_view kTidyJob = "media.tidy";

}  // namespace ruck::photos
