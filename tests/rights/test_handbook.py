from tests.rights.handbook import PAGE, text


def test_the_page_about_rights_is_what_the_matrix_says():
    assert PAGE.read_text() == text(), "python -m tests.rights.handbook"
