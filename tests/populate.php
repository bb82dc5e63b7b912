<?php
// Fills a WordPress of the tests: php populate.php DOCROOT URL POSTS. Everything that it makes follows from its arguments.
define('WP_INSTALLING', true);
[, $root, $url, $posts] = $argv;
$_SERVER['HTTP_HOST'] = parse_url($url, PHP_URL_HOST) . ':' . parse_url($url, PHP_URL_PORT);
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
require "$root/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/image.php';
wp_install('Ministère des Finances', 'editor', 'editor@finances.example', true, '', 'a password of the tests');
update_option('timezone_string', 'UTC');
update_option('posts_per_page', 10);
update_option('default_pingback_flag', 0);
update_option('default_ping_status', 'closed');
// Pictures of people who comment come from elsewhere.
update_option('show_avatars', 0);
update_option('comments_notify', 0);
update_option('moderation_notify', 0);
wp_set_current_user(1);

$categories = [];
foreach (['Budget', 'Marchés publics', 'Impôts', 'Douanes', 'Trésor'] as $name) {
    $categories[] = wp_insert_term($name, 'category')['term_id'];
}

$uploads = wp_upload_dir('2026/01');
$pictures = [];
for ($number = 1; $number <= 8; $number++) {
    $image = imagecreatetruecolor(1000, 700);
    imagefill($image, 0, 0, imagecolorallocate($image, 20 * $number, 200 - 20 * $number, 90));
    $file = "{$uploads['path']}/photo-$number.png";
    imagepng($image, $file);
    $id = wp_insert_attachment([
        'post_mime_type' => 'image/png', 'post_title' => "Photo $number", 'post_status' => 'inherit',
        'guid' => "{$uploads['url']}/photo-$number.png", 'post_date' => '2026-01-15 08:00:00',
    ], $file);
    wp_update_attachment_metadata($id, wp_generate_attachment_metadata($id, $file));
    $pictures[] = $id;
}
file_put_contents("{$uploads['path']}/décret n°7.pdf", "%PDF-1.4\n%%EOF\n");

$body = function (int $number) use ($url, $pictures, $uploads): string {
    $picture = $pictures[$number % count($pictures)];
    $image = wp_get_attachment_image($picture, 'medium');
    $other = ($number * 7) % 40 + 1;
    return <<<HTML
    <!-- wp:paragraph --><p>Circulaire n° $number du ministère. Voir <a href="$url/?p=1">la première</a>, ou écrire à finances@example.org.</p><!-- /wp:paragraph -->
    <!-- wp:image --><figure class="wp-block-image">$image</figure><!-- /wp:image -->
    <p>Texte en <a href="{$uploads['url']}/décret n°7.pdf">PDF</a>, <a href="/circulaire-$other/">la circulaire $other</a>.</p>
    <div class="carte" data-options='{"fond":"{$uploads['url']}/photo-2.png"}' style="background-image:url($url/wp-includes/images/media/default.png)"></div>
    HTML;
};
for ($number = 1; $number <= $posts; $number++) {
    $month = 1 + $number % 9;
    $id = wp_insert_post([
        'post_title' => "Circulaire $number", 'post_name' => "circulaire-$number", 'post_content' => $body($number), 'post_status' => 'publish',
        'post_date' => sprintf('2026-%02d-%02d 10:%02d:00', $month, 1 + $number % 28, $number % 60),
        'post_category' => [$categories[$number % count($categories)]], 'tags_input' => ['étiquette ' . $number % 12], 'post_author' => 1,
    ]);
    if ($number % 3 === 0) {
        set_post_thumbnail($id, $pictures[$number % count($pictures)]);
    }
    if ($number % 5 === 0) {
        foreach (['Merci.', 'Et pour les îles ?'] as $text) {
            wp_insert_comment([
                'comment_post_ID' => $id, 'comment_content' => $text, 'comment_author' => 'Visiteur', 'comment_approved' => 1,
                'comment_date' => '2026-10-01 10:00:00', 'comment_date_gmt' => '2026-10-01 10:00:00', 'comment_author_email' => 'v@example.org',
            ]);
        }
    }
}
$parent = 0;
for ($number = 1; $number <= 12; $number++) {
    $id = wp_insert_post([
        'post_type' => 'page', 'post_title' => "Direction $number", 'post_name' => "direction-$number", 'post_content' => $body($number),
        'post_status' => 'publish', 'post_parent' => $number % 3 ? $parent : 0, 'post_date' => '2026-01-10 09:00:00', 'post_author' => 1,
    ]);
    $parent = $number % 3 ? $parent : $id;
}
// An old address of a page that was renamed.
$renamed = get_page_by_path('direction-1');
wp_update_post(['ID' => $renamed->ID, 'post_name' => 'cabinet']);
update_post_meta(get_page_by_path('circulaire-3', OBJECT, 'post')->ID, '_wp_old_slug', 'ancienne-circulaire');
global $wp_rewrite;
$wp_rewrite->set_permalink_structure('/%postname%/');
create_initial_taxonomies();
flush_rewrite_rules(false);
