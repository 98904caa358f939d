"""The most common family names, L to Z, of the 1990 United States
census (public domain), without countries, states and rare ordinary words. Data only; no rules."""

WORDS = """
labbe labelle labonte laboy labrecque labrie lacasse lacey lachance lackey lacombe lacroix lacy
ladd ladner lafave lafferty laflamme lafleur lafontaine lafountain lafrance lahr lai lail laine
laing lair laird lajoie lakey laliberte lally lalonde lam lamar lambert lamm lamont lamontagne
lamoureux lampe lampkin lancaster lance land landa lander landeros landers landes landis landon
landreth landrum landry laney lang langdon lange langer langford langham langley langlois langston
lanham lanier lankford lanning lantz lanza lapierre laplante lapointe laporte lapp lara large
largent lark larkin larkins laroche larochelle larosa larose larrabee larry larsen larson larue
lasalle lasater lash lasher lashley lasley lassiter laster latham lathrop latimer latta lattimore
lau lauderdale lauer laughlin laureano laurent lavallee lavalley lavelle lavergne lavigne lavin
lavoie law lawhorn lawler lawless lawlor lawrence laws lawson lawton layman layne layton lazar
lazarus lazo lea leach leahy leak leake leal lear leary leath leatherman leathers leatherwood
leavitt leblanc leboeuf lebron lebrun leclair leclerc lecompte ledbetter ledesma ledet ledezma
ledford ledoux lee leeper lees lefebvre lefevre leflore leftwich leger legg leggett legrand lehman
lehmann lehr leibowitz leigh leighton leija leiva lejeune leland lemaster lemay lemieux lemire
lemke lemley lemmon lemmons lemoine lemons lemos lemus lenard lenhart lennon lennox lenoir lent
lentz lenz leo leon leonard leonardo leone leong lepage lerma lerner leroy lesher leslie lessard
lester letendre letourneau lett leung levasseur leverett levesque levi levin levine levinson
levitt lew lewandowski lewin lewis ley leyva lheureux liang libby liddell lieberman lien liggett
liggins light lightfoot lightner ligon liles lillard lilley lillie lilly limon linares lincoln
lind lindberg lindeman linden linder lindgren lindley lindner lindquist lindsay lindsey lindstrom
lineberry lines link linkous linn linton linville lippert lipscomb lipsey lira list lister liston
litchfield little littlefield littlejohn littleton litton littrell liu lively livengood livingston
lizotte llamas llewellyn lloyd lockard locke lockett lockhart locklear lockridge lockwood loeffler
loera loftin loftis lofton loftus logan loggins logsdon logue lohman lohr lomas lomax lombard
lombardi lombardo lomeli loney long longo longoria loomis looney loos loper lopes lopez lord
lorenz lorenzo lott loucks loudermilk louie louis lovato love lovejoy lovelace lovelady loveland
loveless lovell lovely lovett low lowder lowe lowell lower lowery lowman lowrey lowry lowther loy
loya loyd lozada lozano lucas luce lucero lucia luciano lucier lucio luckett luckey lucky ludwick
ludwig luevano lugo luis lujan luke luker lum lumpkin luna lund lundberg lundgren lundquist lundy
lunn lunsford luong lupo lusk lussier luster lutes luther luttrell lutz luu lykins lyle lyles
lyman lynch lynn lyon lyons lytle maas mabe mabry macarthur macdonald macdougall mace macedo
macgregor mach machado macias maciel mack mackay mackenzie mackey mackie macklin maclean macleod
macmillan macomber macon macpherson macy madden maddox maddux mader madera madigan madison madore
madrid madrigal madsen maes maestas magana magee maggard maggio magill magnuson magruder maguire
mahaffey mahan maher mahler mahon mahone mahoney mai maier main major maki malave malcolm malcom
maldonado maley malik malinowski mallard mallett malley mallory malloy malone maloney maloy
manchester mancini mancuso mandel maness mangan mangrum mangum manion manley mann manning mannino
manns manor mansfield manson mansour manuel manzanares manzano manzo mapes maples mapp marable
marcano march marchand marchant marchese marchetti marcotte marcum marcus marek mariano marin
marinelli marino marion marker markey markham markle markley markus marler marley marlin marlow
marlowe marquardt marquez marquis marr marra marrero marriott marroquin marrow marrs marrufo mars
marshall marston martel martell martens martin martindale martineau martinelli martines martinez
martini martino martins martinson marty martz marvin mascarenas mashburn mask mason massa
massengale massey massie mast masterson mastin mata mateo matheny mather matherly matherne mathers
mathes matheson mathew mathews mathewson mathias mathieu mathis mathison matias matlock matney
matos matson matta mattern matteson matthew matthews mattingly mattison mattos mattox mattson matz
mauldin mauney maupin maurer maurice mauro maus maxey maxfield maxson maxwell may maya mayberry
maye mayer mayers mayes mayfield mayhew mayle maynard mayo mayorga mazur mazza mcabee mcadams
mcadoo mcafee mcalister mcallister mcalpin mcalpine mcanally mcardle mcarthur mcatee mcauley
mcavoy mcbee mcbride mcbroom mccabe mccafferty mccaffrey mccain mccaleb mccall mccallister
mccallum mccandless mccann mccants mccarley mccarter mccarthy mccartney mccarty mccary mccaskill
mccaslin mccauley mcchesney mcclain mcclanahan mcclary mcclean mccleary mcclellan mcclelland
mcclendon mcclintock mcclinton mccloskey mccloud mcclung mcclure mcclurg mccluskey mccollough
mccollum mccomas mccomb mccombs mcconnell mccool mccord mccorkle mccormack mccormick mccourt
mccowan mccown mccoy mccracken mccrary mccraw mccray mccrea mccready mccreary mccrory mccue
mcculley mcculloch mccullough mccully mccune mccurdy mccurry mccutchen mccutcheon mcdade mcdaniel
mcdaniels mcdavid mcdermott mcdevitt mcdonald mcdonnell mcdonough mcdougal mcdougall mcdowell
mcduffie mceachern mcelhaney mcelroy mcevoy mcewen mcfadden mcfall mcfarland mcfarlane mcfarlin
mcgaha mcgann mcgarry mcgary mcgee mcgehee mcghee mcgill mcginley mcginn mcginnis mcginty
mcglothlin mcglynn mcgough mcgovern mcgowan mcgrath mcgraw mcgregor mcgrew mcgriff mcguinness
mcguire mchale mchenry mchugh mcilwain mcinnis mcintire mcintosh mcintyre mciver mckay mckean
mckee mckeever mckellar mckelvey mckenna mckenney mckenzie mckeon mckeown mckibben mckim mckinley
mckinney mckinnon mckinzie mckissick mcknight mckoy mclain mclane mclaren mclaughlin mclaurin
mclean mclellan mclemore mclendon mcleod mcloughlin mcmahan mcmahon mcmanus mcmaster mcmichael
mcmillan mcmillen mcmillian mcmillin mcmillon mcminn mcmorris mcmullen mcmullin mcmurray mcnabb
mcnair mcnally mcnamara mcnamee mcneal mcneely mcneil mcneill mcnew mcnulty mcnutt mcpeak mcphail
mcphee mcpherson mcqueen mcrae mcreynolds mcshane mcswain mcvay mcvey mcwhorter mcwilliams meacham
mead meade meador meadows meagher means mears mecham medeiros medellin medford medina medley
medlin medlock medrano meehan meek meeker meekins meeks mefford mehta meier meister mejia melancon
melanson melendez mello mellon mellott melnick melo melton melvin mena menard menchaca mendenhall
mendes mendez mendoza menefee menendez meneses menke meraz mercado mercer mercier mercurio
meredith merida merino merkel merrell merrick merrifield merrill merriman merritt merriweather
merry merryman mertens mertz mesa messer messick messier messina messner metcalf metcalfe metts
metz metzger metzler meyer meyers meza michael michaels michaelson michalski michaud michel
michell michels mick mickelson mickens mickey mickle middlebrooks middleton midkiff miele miguel
milam milan milano milburn miley milford millan millar millard miller milligan milliken million
mills millsap milne milner milton mims mincey miner mingo minnick minor minter minton mintz
miracle miramontes miranda mireles mitchel mitchell mitchem mitchum mixon mize mizell moats mobley
modlin moe moeller moen moffatt moffett moffitt mohamed mohammed mohan mohler mohr mojica molina
moll moller molloy molnar monaco monaghan monahan moncrief monday mondragon monge monger moniz
monroe monroy monson montague montalvo montanez montano monte montelongo montemayor montenegro
montero montes montez montgomery montiel montoya mooney moore moorehead moorer moorman mora
morales moralez moran more moreau morehead morehouse moreira morel moreland morelli moreno morey
moriarty morin moritz morley morrell morrill morris morrison morrissette morrissey morrow morse
mortensen mortenson mortimer morton mosby moseley mosely moser moses mosher mosier mosley mosqueda
mota moten motley moton mott moua moulton moultrie mouton mowery mowry moxley moy moya moye moyer
moyers moynihan mudd mueller muhammad muir mulcahy mulholland mulkey mull mullen mullens muller
mulligan mullin mullinax mullins mullis mulvey mumford muncy mundy munger munguia muniz munn munoz
munro munroe munson murchison murdoch murdock murillo muro murphey murphree murphy murray murrell
murry musgrave musgrove music musick musselman musser muth myatt myer myers myles myrick nabors
nadeau nagel nagle nagy nail najera nakamura nakano nall nalley nance napier napolitano napper
naquin naranjo narvaez nash nason natale nathan nation natividad nava navarrete navarro nave
naylor nazario neace neal neale nealy neary necaise needham neel neeley neely neese neff negrete
negron neil neill neilson nelms nelsen nelson nemeth neri nero nesbit nesbitt nesmith ness nester
nestor nettles neubauer neuman neumann nevarez nevels neville nevins new newberry newby newcomb
newell newhouse newkirk newland newlin newman newport newsom newsome newson ngo nguyen nicholas
nicholls nichols nicholson nickel nickell nickels nickens nickerson nickles nicol nicolas nielson
nieman niemi nieto nieves nightingale nigro niles nilsson nino nissen nix nixon noah nobles noe
noel nolan noland nolen noll nolte noonan nord nordstrom norfleet noriega norman norris northcutt
northern norton norvell norwood nottingham novak novotny nowak nowell nowicki nowlin noyes nugent
null numbers nunes nunez nunley nunn nunnally nutt nutter nye oakes oakley oaks oates oberg obrian
obrien obryan obryant ocampo ocasio ochoa ochs oconnell oconner oconnor odell oden odom odonnell
odum offutt ogburn ogden ogle oglesby ogletree ogrady ohara ohare ojeda okeefe okelley oldham
oleary olguin olin olinger oliphant oliva olivares olivarez olivas oliveira oliver olivera olivier
olivo olmos olmstead olney olsen olson olszewski olvera omalley omara omeara oneal oneil oneill
ong ontiveros oquendo oquinn orcutt ordonez ordway oreilly orellana orlando ornelas orosco orourke
orozco orr orta ortega ortego orth ortiz orton osborn osborne osburn osgood oshea osorio osteen
oster osterman ostrander osullivan osuna oswald oswalt otero otis otoole ott otten ottinger otto
oubre ouellette ousley ovalle overby overman overstreet overton owen owens owings owsley oxford
oxley oyler ozuna pabon pacheco packard packer paddock padgett padilla padron paez pagano page
paige paine pak palacio palacios palermo palladino palm palma palmer palmieri palmore palomino
palomo palumbo pang paniagua pankey pannell pantoja papa pape pappas paquette paquin paradis
paradise pardo pardue pare paredes parent parenteau parham parish parisi parke parker parkhurst
parkinson parkman parmenter parmer parnell parr parra parris parrish parrott parry parsley parson
parsons partain partida partin parton paschal paschall pascual pasquale pass passmore pastor
pastore patch pate patel paterson patino patrick patten patterson pattison patton paul pauley
paulino paulk paulsen paulson paulus paxton payne paynter payton paz peabody peachey peacock peak
peake pearce pearman pearsall pearson pease peavy peck peckham peden pedersen pederson pedigo
pedraza pedro pedroza peebles peele peeler peeples peery pegues pelayo pelkey pellegrino pellerin
pelletier peltier pelton pemberton pena pence pender pendergrass pendleton pendley penland penn
pennell penner penney pennington penny penrod penton pepe pepin peppers perales peralta percy
perdomo perdue perea pereira peres perez perkins perlman perreault perri perrin perrine perron
perrone perry perryman persaud persinger person pete peter peterman peters petersen peterson
petrie petry pettaway petterson pettiford pettigrew pettis pettit pettus pettway petty peyton
pfaff pfeffer pfeifer pfeiffer pfister pham phan pharr phelan phelps phifer philip philips phillip
phillips philpot philpott phipps piatt piazza picard pichardo pickard pickens pickering pickett
pickle pieper pierce piercy pierre pierson pigg pilcher pilkington pimental pimentel pina pinckney
pinder pineda pinkerton pinkham pinkney pinkston pino pinson pinto piper pipkin pippin pires
pirtle pitcher pitman pitre pitt pittman pitts pizarro place plank plant plante plascencia platt
plaza pless plourde plowman plumb plumley plummer plunkett poe pogue pohl poindexter poirier
poisson polanco poland poling polk pollack pollard polley pollock polson pomeroy ponce ponder pool
poole pooler poore pope popp porras porter porterfield portillo portis posey post poston poteat
poteet potter poulin poulos powe powell power poynter prado prater prather pratt preciado preece
prendergast prentice prescott presley presnell pressley preston prevost prewitt price prichard
priddy pridemore pridgen prieto prine pringle prior pritchard pritchett probst proctor proffitt
propst prosser proulx prouty provencher provost pruett pruitt pryor puckett puente puga pugh
pugliese pulido pullen pulliam pulver pumphrey purcell purdy purnell purser pursley purvis puryear
putman putnam pyle pyles quade qualls quan quarles quesada quezada quigley quiles quillen quimby
quinlan quinn quinonez quintanilla quintero quirk quiroz raab rabe raby race racine rackley
radcliff radcliffe rademacher rader radford radtke rae rael rafferty ragan rager ragland ragsdale
rahman rahn railey raines rainey rains rainwater rakes raleigh raley ralph ralston ramage rambo
ramer rameriz ramey ramirez ramon ramos ramsay ramsey rancourt rand randall randazzo randell
randle randolph raney range rangel rankin rankins ransom ranson rao raper rapp rasberry rascon
rasmussen ratcliff ratcliffe rath rathbone rathbun ratliff rau rauch rausch rawlings rawlins rawls
rawson ray rayborn rayburn rayford raymer raymond rayner raynor razo read reading reagan real
reams reardon reaves reavis reber rector red redd redden reddick redding reddy redman redmon
redmond reece reeder reedy reel rees reese reeve reeves regalado regan rego reich reichert reilly
reimer reinhardt reinhart reinke reis reiss reiter reitz rembert remillard remington remy renaud
rendon renfro renfroe renfrow renner reno renshaw renteria resendez reuter revell revis rex rey
reyes reyna reynolds reynoso rhea rhine rhinehart rhoades rhoads rhoden rhodes rhone rhyne ricci
rice rich richard richards richardson richburg richerson richey richie richman richmond richter
rickard ricker rickert ricketts rickman ricks riddell riddick ridenhour ridenour rideout rider
ridge ridgeway ridgway ridley riedel rieger riendeau ries rife riffe riffle rigby riggins riggs
rigney rigsby riley rimmer rinaldi rincon rinehart ring riojas riordan rios ripley risinger risley
risner ritchey ritchie rittenhouse ritter ritz rivard rivas rivera rivero rizzo roark robb robbins
roberge roberson robert roberts robertson robey robichaud robichaux robin robinett robinette
robins robinson robison robledo robles robson roby rocco rocha roche rochelle rochester rockwell
rodarte rodas roddy roden roderick rodgers rodman rodrigez rodrigue rodrigues rodriguez rodriques
rodriquez roebuck roeder roger rogers rohde rohr rohrer rojas rojo roland roldan rolfe rollins
rolon roman romano romeo romero romine romo rondeau roney rood rooker rooks rooney roop root roper
roque rosa rosado rosales rosario rosas roscoe rose roseberry rosen rosenbaum rosenberg
rosenberger rosenblum rosenfeld rosenthal ross rosser rossi rossman roth rothman rothstein
roundtree roundy rountree rouse roush rousseau roussel rowan rowden rowe rowell rowland rowlett
rowley roy roybal royce royer royster rozier rubin rubino rubio ruby ruch rucker rudd rudolph rudy
rue rueda ruelas ruff ruffin ruggiero ruggles ruhl ruiz rule rumph rumsey runge runion runnels
runyan runyon rupert rupp ruppert rushing rusk russ russel russell ruth rutherford rutland
rutledge rutter ruvalcaba ryals ryan ryder saad saari saavedra sabin sabo sacco sachs sackett
saddler sadler sadowski saenz saez safford sage sager sain saiz salas salazar salcedo salcido
saldana saldivar salem salerno salgado salinas salisbury sallee salley salmons salter salvador
salvatore salyer salyers sam samaniego sammons samons sample samples sampson sams samson samuel
samuels samuelson sanabria sanborn sanches sanchez sandberg sander sanders sanderson sandifer
sandler sandlin sandoval sandstrom sanford sankey sansone santacruz santamaria santana santiago
santillan santo santoro santos santoyo sapp sargent sarmiento sartin sarver sass sasser sato
satterfield satterwhite sattler sauceda saucedo saucier sauer saul sauls saunders savage savoie
savoy sawyer sawyers saxon saxton sayers sayles saylor sayre scales scalf scanlan scanlon
scarberry scarborough scarbrough scarlett schade schaefer schaeffer schafer schaffer schaffner
schaller scharf schatz schaub scheer scheffler schell schenck schenk scherer schexnayder schick
schiff schiller schilling schindler schlegel schlosser schlueter schmid schmidt schmitt schmitz
schneider schnell schock schoen schofield scholl scholz schoonmaker schoonover schott schrader
schram schramm schreiber schreiner schrock schroder schroeder schubert schuler schulman schulte
schultz schulz schulze schumacher schuman schumann schuster schutt schutz schwab schwartz schwarz
schweitzer scofield scoggins scott scribner scroggins scruggs scudder scully seabolt seale sealy
seaman searcy searle searles sears seaton seay sebastian sedillo see seeger seeley seely segal
seger segovia segura seiber seibert seidel seifert seiler seitz selby self sellars sellers seltzer
sena seng senn sepulveda serna serra serrano serrato session sessions sessoms settles setzer
severson sevilla seward sewell sexton seymore seymour shackelford shafer shaffer shah shanahan
shane shaner shankle shanklin shanks shannon shapiro sharkey sharma sharp sharpe shattuck
shaughnessy shaver shaw shay shea shealy shearer shears shedd sheehan sheffield shelby sheldon
shell shelley shelly shelton shepard shephard sheppard sherer sheridan sherlock sherman sherrill
sherrod sherry sherwin sherwood shifflett shilling shine shinn shipe shipley shipman shipp shirey
shirk shirley shively shiver shivers shockey shockley shoemake shoemaker shoffner shook shoop
short shorter shotwell shoup shouse showalter shrader shreve shriver shropshire shrum shubert
shuck shuler shull shults shultz shumaker shuman shumate shumway shupe shuster shutt sibley sides
siebert siegel sierra sievers sifuentes sigler sigmon sikes sikora silas siler sills silva silvas
silveira silver silverman silvers silverstein silvey silvia simmon simmons simms simon simonds
simone simons simonson simpkins simpson sims sinclair singh singletary singley sipe sipes sipple
sirois sisco sisk sisneros sisson sites sizemore skaggs skeen skelton skidmore skiles skinner
skipper slade slagle slater slaton slattery slavin slay slayton sledge sloan slocum slone slusher
small smalley smalls smallwood smiley smith smitherman smithers smithson smock smoot smothers
smyth smythe snapp snead sneed snell snider snipes snodgrass snook snowden snyder soares soileau
sokol solano solberg soler solis soliz solomon solorio solorzano somers somerville sommer sommers
son song sonnier soper sorensen sorenson soria soriano sorrell sorrells sosa sotelo soto soucy
soule sousa southard southerland southern southworth souza sowder sowell sowers spalding spangler
spann sparkman sparks spaulding spearman spears speed speer speight spellman spence spencer
sperling sperry spicer spiegel spiker spiller spillman spinelli spinks spires spitzer spivey
spooner spradlin sprague spriggs spring sprinkle sprouse spruill spurgeon spurlock squire squires
stacey stackhouse stacy stadler stafford staggs stahl staley stallard stallings stallworth
stalnaker stamey stamm stamper stancil standley standridge stanfield stanfill stanley stansberry
stansbury stanton stapleton starkey starks starnes starr staten staton staub stauffer stclair
stcyr steadman stearns stebbins steele steelman steen steffen steffens stegall steger steib stein
steinberg steiner steinke steinmetz stella stephan stephen stephens stephenson stepp sterling
sternberg sterner steven stevens stevenson steward stewart stgermain sthilaire stickney stidham
stiffler stiles still stillman stillwell stiltner stilwell stine stinnett stinson stites stith
stitt stjohn stlouis stockdale stocker stockman stockton stockwell stoddard stoker stokes stoll
stoltz stoltzfus stone stoner stonge stoops storer story stott stotts stouffer stout stovall
stover stowe stowell stowers stpierre strader strahan straight strain strait strand stratton
straub strauss strawn strawser streeter stribling strickland strickler stricklin stringer
stringfellow strobel strode stroh strom stroman stromberg strong strother stroud stroup struble
strunk stuart stubblefield stubbs stuckey studer stull stultz stumpf sturdivant sturgill sturgis
sturm stutzman styles suarez suber sublett sudduth suggs suh suiter sullins sullivan summer
summerlin summerville sumner sumpter sumrall sundberg sunderland surber surface surratt sussman
sutherland sutphin sutter suttle suttles sutton suzuki swafford swaim swain swank swann swanson
swarey swartz swearingen sweat sweatt sweeney sweitzer swenson swett swiger swindell swindle swink
swinney swinton swisher switzer swope sykes sylvester sylvia szabo szymanski tabb taber tabor
tackett tafoya taft taggart tait takahashi talbert talbot talbott tallent talley tallman tam
tamayo tamez tanaka tang tankersley tanner tapia tapley tapp tarango tardiff tarr tarrant tarter
tarver tatro tatum tavares tavarez taveras taylor teague teal teasley tedder tedesco tedford teel
teeter teixeira tejada tejeda telles tellez tello templeton tennant tenney tennyson tenorio
terrazas terrell terrill terry tesch tessier testa tetreault tew thacker thai thames thao tharp
tharpe thatcher thaxton thayer theis theisen theriault theriot therrien thibault thibeault
thibodeau thibodeaux thiel thielen thies thigpen thom thoma thomas thomason thompkins thompson
thomsen thomson thornburg thorne thornhill thornton thorp thorpe thorson thorton thrash thrasher
thrower thurber thurman thurmond thurston tibbetts tibbs tice tidwell tierney tiffany tighe
tijerina tiller tillery tilley tillis tillman tillotson tilton timberlake timm timmerman timmons
timms tincher tindall tingle tinker tinney tinsley tipton tirado tisdale titus tobey tobias tobin
todd tolbert toledo tolentino toler toliver tolle tolley tolliver tolman tolson tom tomas tomlin
tomlinson tompkins toms toney tong toole tooley toombs toomey torgerson toro torrence torres
torrey torrez toscano toth totten toussaint tovar towe towers towle towne towner townes townley
townsend tracey tracy trahan trainor trammell tran trantham trapp trask travers travis traylor
treadway treadwell treat treece trejo tremblay trent trevino tribble trice trigg trimble trinh
trinidad triplett tripp trombley trotman trott trotter troupe troutman trowbridge troy troyer
truax trudeau true truesdale truitt trujillo trull truman truong trussell tsai tsang tse tso
tsosie tubbs tucci tuck tucker tudor tuggle tull tullis tully tunnell tunstall turcotte turgeon
turk turley turman turnage turnbow turnbull turner turney turpin tuttle twigg twomey tye tyler
tyndall tyner tynes tyree tyrrell tyson uhl ulibarri ulloa ulmer ulrich underhill underwood unger
unruh upchurch upshaw upton urban urbina urena urias uribe urquhart usher ussery utley utter vaca
vaccaro vachon vail vaillancourt valadez valdes valdez valdivia valencia valente valenti valentin
valentine valentino valenzuela valerio valladares valle vallejo valles valliere valverde van
vanburen vanbuskirk vance vandenberg vanderpool vandiver vandusen vandyke vanegas vang vanhoose
vanhorn vanhouten vanlandingham vanmeter vann vannoy vanover vanpelt vansickle vanwinkle varela
varga vargas vargo varner varney vasquez vaughan vaughn vaught vazquez veach veal vega veilleux
vela velarde velasco velasquez velazquez velez veliz venable venegas ventura verdin verdugo
verduzco vereen vergara vernon verret vestal vetter via vick vickers vickery victor victoria vidal
vidrine vieira viera vierra vigil villa villagomez villalobos villalpando villanueva villareal
villarreal villasenor villegas vincent vines vineyard vining vinson viola violette virgil vitale
vogel vogt voigt volk vollmer volpe volz voorhees voss voyles vue vuong wachter wacker waddell
waddle wade wadley wadsworth waggoner wagner wagoner wahl wainwright waite waites waits wakefield
walden waldman waldo waldon waldron waldrop wales walk walker wall wallace wallen waller walley
wallin walling wallis walls walsh walston walter walters walther walton waltz walz wampler ward
warden ware warfield waring warner warnock warren warrick warrington warwick washburn wasserman
wasson watanabe waterhouse waterman waters watford watkins watson watters watterson watts waugh
way wayman wayne weatherby weatherford weatherly weathers weathersby weatherspoon webb webber
weber weddle weekley weeks weems weese wegner weidner weigel weil weiland weiler weimer weinberg
weiner weinstein weir weis weise weiser weisman weiss welborn welch weldon welker weller
wellington wellman welsh welton welty wendel wendt wenger wentworth wentz wenzel werner wert werth
wertz wescott wesley wessel wesson westbrook westbrooks westcott wester westerman westfall
westmoreland weston westover westphal wetmore wetzel wexler whalen whaley wharton whatley wheat
wheatley wheaton wheeler whelan whetstone whipple whisenant whitacre whitaker whitcomb white
whited whitehead whitehurst whiteley whiteman whitener whiteside whitfield whitford whiting
whitley whitlock whitlow whitman whitmer whitmire whitmore whitney whitson whitt whittaker whitted
whittemore whitten whittington whittle whitworth whorton whyte wick wicker wickham wicks wiegand
wieland wiener wiese wigfall wiggins wiggs wight wilbanks wilber wilborn wilbur wilburn wilcher
wilcox wild wilde wilder wildman wiles wiley wilfong wilhelm wilhite wilke wilkens wilkerson
wilkes wilkie wilkins wilkinson wilks will willard willett willette willey william williams
williamson willie williford willingham willis willoughby willson wilmot wilmoth wilson wimberly
wimmer winchell winchester winder windham windsor winfield winfrey wing wingard wingate winger
wingfield wingo winkler winn winslow winstead winston winter winton wirth wiseman wisner
wisniewski witcher witham witherspoon withrow witkowski witt witte witter wofford wojcik wolcott
wold wolfe wolff wolford womack womble wong woo woodall woodard woodbury woodcock woodford
woodhouse woodley woodman woodring woodruff woods woodson woodward woodworth woolard wooldridge
woolery wooley woolf woolley woolsey woosley wooten word workman worley worrell worsham wortham
worthen worthington wortman wozniak wray wren wrenn wright wyant wyatt wyche wyckoff wylie wyman
wynn wynne wyrick wysocki xiong yager yamada yamamoto yan yancey yancy yanez yang yarborough
yarbrough yates yazzie ybarra yeager yee yingling yocum yoder yoho yon yoo yoon yoshida yost
youmans young youngblood younger youngs yount yuen zachary zack zahn zambrano zamora zamudio
zapata zaragoza zarate zavala zayas zeigler zelaya zeller zepeda zhang ziegler zielinski zimmer
zimmermann zink zito zook zorn zuber zuniga
"""
