/*
 * Names for tests of routing: which row of the failure table they cover
 * (product, section 7) or which rule (field lessons, 5.2). What they are
 * called is what the runner prints, so that a missing one shows.
 */
#ifndef TESTS_UNIT_ROWS_H
#define TESTS_UNIT_ROWS_H

#define ROW_TEST(row, f) { row ": " #f, f, NULL, NULL, NULL }
#define ROW_TEST_IN(row, f, before, after) { row ": " #f, f, before, after, NULL }

#endif
