// The one place where Beast's own code is compiled (BOOST_BEAST_SEPARATE_COMPILATION).
//
// Beast 1.81 asserts that the last chunk of an empty body does not come in pieces of less than five
// bytes; that is up to the client. Without the assertion it does the right thing.
#define BOOST_DISABLE_ASSERTS
#include <boost/beast/src.hpp>
